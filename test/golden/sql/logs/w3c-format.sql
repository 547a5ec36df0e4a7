-- input: access.jsonl
-- schema: access.schema.json
-- a LogFormat string, and a count of requests by status over it
CREATE OR REPLACE STREAM o (status VARCHAR(8), n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM q.status, COUNT(*)
FROM (SELECT STREAM t.r.COLUMN6 AS status FROM (SELECT STREAM W3C_LOG_PARSE(s.text, '%h %l %u %t "%r" %>s %b') AS r FROM "SOURCE_SQL_STREAM_001" AS s) AS t) AS q
WHERE q.status IS NOT NULL GROUP BY q.status, FLOOR(q.ROWTIME TO HOUR);
