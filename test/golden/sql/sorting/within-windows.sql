-- input: disorder.jsonl
-- schema: seen.schema.json
-- rows of ten seconds leave at their end, the latest seen first; NULL is the greatest
CREATE STREAM o (id INTEGER, seen TIMESTAMP, w VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM id, seen, w FROM "SOURCE_SQL_STREAM_001" AS s
ORDER BY STEP(s.ROWTIME BY INTERVAL '10' SECOND), w, s.seen DESC;
