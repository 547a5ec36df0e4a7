-- input: access.jsonl
-- schema: access.schema.json
-- status counts of a minute, the use that log parsers are bought for; lines without a status form a group of their own
CREATE OR REPLACE STREAM parsed (status VARCHAR(8));
CREATE OR REPLACE PUMP pp AS INSERT INTO parsed
SELECT STREAM t.r.COLUMN1 FROM (SELECT STREAM REGEX_LOG_PARSE(s.text, '.*" (\d{3}) .*') AS r FROM "SOURCE_SQL_STREAM_001" AS s) AS t;
CREATE OR REPLACE STREAM o (status VARCHAR(8), n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o SELECT STREAM q.status, COUNT(*) FROM parsed AS q GROUP BY q.status, FLOOR(q.ROWTIME TO MINUTE);
