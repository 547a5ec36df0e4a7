-- input: values.jsonl
-- schema: values-decimal.schema.json
-- covers: JSON numbers
-- a DECIMAL takes what fits its digits
CREATE STREAM o (id INTEGER, x DECIMAL(6,2));
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001" WHERE id < 20;
