-- input: disorder.jsonl
-- schema: seen.schema.json
-- each value once a minute, at its first row; NULL is a value
CREATE STREAM o (w VARCHAR(8), at_minute TIMESTAMP);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM DISTINCT s.ROWTIME, s.w, FLOOR(s.ROWTIME TO MINUTE) FROM "SOURCE_SQL_STREAM_001" AS s;
