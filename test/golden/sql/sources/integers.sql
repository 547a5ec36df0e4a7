-- input: values.jsonl
-- schema: values-integer.schema.json
-- covers: JSON numbers, JSON missing element
-- a number that is no integer, or too large, is an error; texts are parsed, truth values are 1 and 0
CREATE STREAM o (id INTEGER, x INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001";
