-- input: calendar.jsonl
-- schema: calendar.schema.json
-- once a day: ROWTIME is selected and takes no part in the comparison
CREATE STREAM o (k VARCHAR(4), d TIMESTAMP);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM DISTINCT c.ROWTIME, c.k, FLOOR(c.ROWTIME TO DAY) FROM "SOURCE_SQL_STREAM_001" AS c;
