-- input: values.jsonl
-- schema: values-binary.schema.json
-- covers: JSON BINARY
-- compared with a literal
CREATE STREAM o (id INTEGER, x VARBINARY(4));
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001" WHERE x = X'3F67' OR x IS NULL;
