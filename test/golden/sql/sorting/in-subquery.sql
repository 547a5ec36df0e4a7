-- input: ticks.jsonl
-- schema: ticks.schema.json
-- sorted rows have the time at which their window closed, and windows of that time go on from there
CREATE STREAM o (first_v INTEGER, last_v INTEGER, n BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM FIRST_VALUE(t.v), LAST_VALUE(t.v), COUNT(*)
FROM (SELECT STREAM v FROM "SOURCE_SQL_STREAM_001" AS s WHERE v IS NOT NULL ORDER BY FLOOR(s.ROWTIME TO MINUTE), v) AS t
GROUP BY FLOOR(t.ROWTIME TO HOUR);
