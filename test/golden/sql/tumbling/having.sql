-- input: deals.jsonl
-- schema: deals.schema.json
-- HAVING over keys, aggregates that are selected and others; UNKNOWN keeps nothing
CREATE OR REPLACE STREAM o (sym VARCHAR(8), n BIGINT, q BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, COUNT(*), SUM(t.qty)
FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY t.sym, FLOOR(t.ROWTIME TO MINUTE)
HAVING COUNT(*) > 1 AND (SUM(t.qty) > 60 OR MIN(t.price) < 1) AND t.sym <> 'NONE';
