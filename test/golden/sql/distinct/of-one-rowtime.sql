-- input: disorder.jsonl
-- schema: seen.schema.json
-- with ROWTIME as the only monotonic item, duplicates go among rows of one time
CREATE STREAM o (w VARCHAR(8));
CREATE PUMP p AS INSERT INTO o SELECT STREAM DISTINCT ROWTIME, w FROM "SOURCE_SQL_STREAM_001" ORDER BY ROWTIME, w;
