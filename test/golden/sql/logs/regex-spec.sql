-- input: lines.jsonl
-- schema: lines.schema.json
-- the example of the specification, and the form with the record as a column list
CREATE OR REPLACE STREAM o (a VARCHAR(16), b VARCHAR(16));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM l.r.COLUMN1, l.r.COLUMN2 FROM (SELECT STREAM REGEX_LOG_PARSE('abcde', 'a(.)c(.*)') FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'sys') AS l(r);
