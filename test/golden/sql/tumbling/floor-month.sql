-- input: calendar.jsonl
-- schema: calendar.schema.json
-- months of 28, 29, 30 and 31 days; a result leaves at the first instant of the next
CREATE OR REPLACE STREAM o (w TIMESTAMP, k VARCHAR(4), n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM FLOOR(c.ROWTIME TO MONTH), c.k, COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS c GROUP BY c.k, FLOOR(c.ROWTIME TO MONTH);
