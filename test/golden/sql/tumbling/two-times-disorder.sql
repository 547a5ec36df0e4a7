-- input: disorder.jsonl
-- schema: seen.schema.json
-- 120 rows out of order by up to 12 s, some without an event time, which is a label of its own
CREATE OR REPLACE STREAM o (label TIMESTAMP, w VARCHAR(8), n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM FLOOR(s.seen TO MINUTE) AS label, s.w, COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s.w, FLOOR(s.ROWTIME TO MINUTE), FLOOR(s.seen TO MINUTE);
