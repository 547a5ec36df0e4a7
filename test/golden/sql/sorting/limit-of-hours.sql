-- input: deals.jsonl
-- schema: deals.schema.json
-- the two largest trades of each hour
CREATE STREAM o (sym VARCHAR(8), qty INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, t.qty FROM "SOURCE_SQL_STREAM_001" AS t WHERE t.qty IS NOT NULL
ORDER BY FLOOR(t.ROWTIME TO HOUR), t.qty DESC LIMIT 2;
