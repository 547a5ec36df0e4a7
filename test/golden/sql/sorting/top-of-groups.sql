-- input: disorder.jsonl
-- schema: seen.schema.json
-- the two commonest of each window, by an aggregate that is not selected
CREATE STREAM o (w VARCHAR(8), last_id INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM w, MAX(id) FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY w, STEP(s.ROWTIME BY INTERVAL '20' SECOND)
ORDER BY STEP(s.ROWTIME BY INTERVAL '20' SECOND), COUNT(*) DESC, w LIMIT 2;
