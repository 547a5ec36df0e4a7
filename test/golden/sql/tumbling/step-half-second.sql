-- input: deals.jsonl
-- schema: deals.schema.json
-- a step below the second separates rows a millisecond apart
CREATE OR REPLACE STREAM o (n BIGINT, hi INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM COUNT(*), MAX(t.qty) FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY STEP(t.ROWTIME BY INTERVAL '0.5' SECOND);
