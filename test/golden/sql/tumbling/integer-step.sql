-- input: disorder.jsonl
-- schema: seen.schema.json
-- numeric steps of a rising number: ids by tens, and a negative start
CREATE OR REPLACE STREAM o (from_id INTEGER, n BIGINT, hi INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM STEP(MONOTONIC(s.id - 15) BY 10), COUNT(*), MAX(s.id)
FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(MONOTONIC(s.id - 15) BY 10);
