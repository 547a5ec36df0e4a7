-- input: empty.jsonl
-- schema: ticks.schema.json
CREATE STREAM o (k VARCHAR(8));
CREATE PUMP p AS INSERT INTO o SELECT STREAM k FROM "SOURCE_SQL_STREAM_001" AS s ORDER BY s.ROWTIME, k;
