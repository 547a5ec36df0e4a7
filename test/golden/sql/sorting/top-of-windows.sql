-- input: disorder.jsonl
-- schema: seen.schema.json
-- LIMIT keeps three rows of each minute
CREATE STREAM o (id INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM id FROM "SOURCE_SQL_STREAM_001" AS s ORDER BY FLOOR(s.ROWTIME TO MINUTE), seen DESC NULLS LAST, id LIMIT 3;
