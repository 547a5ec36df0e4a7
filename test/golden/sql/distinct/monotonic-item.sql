-- input: disorder.jsonl
-- schema: seen.schema.json
-- the memory is cleared when the promised item changes, in whichever direction
CREATE STREAM o (ten INTEGER, w VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM DISTINCT STEP(MONOTONIC(s.id) BY 10), s.w FROM "SOURCE_SQL_STREAM_001" AS s;
