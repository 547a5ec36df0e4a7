-- input: lines.jsonl
-- schema: lines.schema.json
-- the parsed time sorts the lines of a minute
CREATE OR REPLACE STREAM o (at_time TIMESTAMP);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM q.t FROM (SELECT STREAM x.r.COLUMN1 AS t FROM (SELECT STREAM SYS_LOG_PARSE(s.text) AS r FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'sys') AS x) AS q
ORDER BY FLOOR(q.ROWTIME TO MINUTE), q.t DESC;
