-- input: values.jsonl
-- schema: values-binary.schema.json
-- covers: JSON BINARY
-- bytes come as X'..' or from truth values
CREATE STREAM o (id INTEGER, x VARBINARY(4));
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001";
