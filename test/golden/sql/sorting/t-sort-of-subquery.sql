-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- ties of the sorted time keep their order of arrival; a computed time sorts as well
CREATE STREAM o (ms INTEGER, page VARCHAR(12));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM q.second_of AS ROWTIME, q.ms, q.page
FROM (SELECT STREAM FLOOR(c.ts TO SECOND) AS second_of, c.ms, c.page FROM "SOURCE_SQL_STREAM_001" AS c WHERE c.ts < TIMESTAMP '2024-08-01 13:00:00') AS q
ORDER BY q.second_of WITHIN INTERVAL '10' SECOND;
