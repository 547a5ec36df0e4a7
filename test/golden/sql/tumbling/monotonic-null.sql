-- input: clicks.jsonl
-- schema: clicks.schema.json
-- a row without the promised time belongs to no group
CREATE OR REPLACE STREAM o (ten TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM STEP(MONOTONIC(c.ts) BY INTERVAL '10' SECOND), COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS c
GROUP BY STEP(MONOTONIC(c.ts) BY INTERVAL '10' SECOND);
