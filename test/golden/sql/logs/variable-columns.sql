-- input: lines.jsonl
-- schema: lines.schema.json
-- columns by a delimiter, typed: a number that is none is an error row, quotes hide the delimiter
CREATE OR REPLACE STREAM o (name VARCHAR(8), n INTEGER, d DATE);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.name, t.r.n, t.r.d
FROM (SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(s.text, 'name TYPE VARCHAR(8), n TYPE INTEGER, d TYPE DATE', ',', '\', '"') AS r FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'csv') AS t;
