-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- a row exactly as old as the last release may still come; one a millisecond older is late; a NULL time is dropped
CREATE STREAM o (page VARCHAR(12));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM c.ts AS ROWTIME, c.page FROM "SOURCE_SQL_STREAM_001" AS c WHERE c.ts < TIMESTAMP '2024-08-01 13:00:00' OR c.ts IS NULL ORDER BY c.ts WITHIN INTERVAL '5' SECOND;
