-- input: deals.jsonl
-- schema: deals.schema.json
-- a derived stream that is not named, and an outer select without STREAM
CREATE STREAM o (sym VARCHAR(8), n BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT sym, n FROM (SELECT STREAM t.sym, COUNT(*) AS n FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.sym, FLOOR(t.ROWTIME TO MINUTE)) WHERE n > 1;
