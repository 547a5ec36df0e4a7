-- input: deals.jsonl
-- schema: deals.schema.json
-- results of a window, the most frequent symbol first
CREATE STREAM o (sym VARCHAR(8), n BIGINT, q BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, COUNT(*) AS n, SUM(t.qty) FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY t.sym, FLOOR(t.ROWTIME TO MINUTE) ORDER BY FLOOR(t.ROWTIME TO MINUTE), n DESC, t.sym;
