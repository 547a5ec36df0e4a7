-- input: access.jsonl
-- schema: access.schema.json
-- characters of a class and a fixed start: the host of a line, when all of it is consumed
CREATE OR REPLACE STREAM o (host VARCHAR(32), rest_size INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.COLUMN1, CHAR_LENGTH(t.r.COLUMN2) FROM (SELECT STREAM FAST_REGEX_LOG_PARSE(s.text, '([0-9.]+) - (.*)') AS r FROM "SOURCE_SQL_STREAM_001" AS s) AS t;
