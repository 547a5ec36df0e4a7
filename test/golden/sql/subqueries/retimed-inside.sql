-- input: clicks.jsonl
-- schema: clicks.schema.json
-- a time set in a subquery is the time of the outer window: rows that go back are late and leave by the error stream
CREATE STREAM o (w TIMESTAMP, n BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM FLOOR(q.ROWTIME TO MINUTE), COUNT(*)
FROM (SELECT STREAM c.ts AS ROWTIME, c.page FROM "SOURCE_SQL_STREAM_001" AS c WHERE c.ts IS NOT NULL) AS q GROUP BY FLOOR(q.ROWTIME TO MINUTE);
