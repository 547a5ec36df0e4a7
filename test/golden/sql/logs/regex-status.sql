-- input: access.jsonl
-- schema: access.schema.json
-- method, path and status out of a line of an access log; a line that is none gives NULLs
CREATE OR REPLACE STREAM o (verb VARCHAR(8), path VARCHAR(64), status INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.COLUMN1, t.r.COLUMN2, CAST(t.r.COLUMN3 AS INTEGER)
FROM (SELECT STREAM REGEX_LOG_PARSE(s.text, '.*"(\w+) ([^ ]+) [^"]*" (\d{3}) .*') AS r FROM "SOURCE_SQL_STREAM_001" AS s) AS t;
