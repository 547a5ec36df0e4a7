-- input: disorder.jsonl
-- schema: seen.schema.json
-- computed columns are compared as they are computed
CREATE STREAM o (m TIMESTAMP, third INTEGER, known BOOLEAN);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM DISTINCT FLOOR(s.ROWTIME TO MINUTE), MOD(s.id, 3), s.w IS NOT NULL FROM "SOURCE_SQL_STREAM_001" AS s;
