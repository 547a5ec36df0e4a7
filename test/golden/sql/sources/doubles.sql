-- input: values.jsonl
-- schema: values-double.schema.json
-- covers: JSON numbers
-- every number, but none beyond DOUBLE
CREATE STREAM o (id INTEGER, x DOUBLE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001" WHERE id < 20;
