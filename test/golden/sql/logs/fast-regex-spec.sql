-- input: lines.jsonl
-- schema: lines.schema.json
-- the example of the specification: x and y_z
CREATE OR REPLACE STREAM o (a VARCHAR(8), b VARCHAR(8));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.COLUMN1, t.r.COLUMN2 FROM (SELECT STREAM FAST_REGEX_LOG_PARSE('x_y_z', '(.*)_(.*)') AS r FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'csv') AS t;
