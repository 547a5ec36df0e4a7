-- input: values.jsonl
-- schema: values-boolean.schema.json
-- covers: JSON booleans
-- zero is FALSE and other numbers TRUE; true in any case is TRUE and other texts FALSE
CREATE STREAM o (id INTEGER, x BOOLEAN);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001";
