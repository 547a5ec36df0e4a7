-- input: lines.jsonl
-- schema: lines.schema.json
-- a number of columns in place of their list
CREATE OR REPLACE STREAM o (a VARCHAR(64), b VARCHAR(64), c VARCHAR(64));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.COLUMN1, t.r.COLUMN2, t.r.COLUMN3 FROM (SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(s.text, 3, ';') AS r FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'pairs') AS t;
