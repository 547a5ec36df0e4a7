-- input: clicks.jsonl
-- schema: clicks.schema.json
-- the author's promise: a change in either direction closes the group, and a value that returns opens a new one
CREATE OR REPLACE STREAM o (ten TIMESTAMP, n BIGINT, first_page VARCHAR(12));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM STEP(MONOTONIC(c.ts) BY INTERVAL '10' SECOND), COUNT(*), FIRST_VALUE(c.page)
FROM "SOURCE_SQL_STREAM_001" AS c
WHERE c.ts IS NOT NULL
GROUP BY STEP(MONOTONIC(c.ts) BY INTERVAL '10' SECOND);
