-- input: lines.jsonl
-- schema: lines.schema.json
-- month, day and time of the line, in the year of the program's start; the rest is text
CREATE OR REPLACE STREAM o (at_time TIMESTAMP, rest VARCHAR(128));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.COLUMN1, t.r.COLUMN2 FROM (SELECT STREAM SYS_LOG_PARSE(s.text) AS r FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'sys') AS t;
