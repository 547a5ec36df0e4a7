-- input: values.jsonl
-- schema: values-char.schema.json
-- covers: JSON text cut to length, CHAR padding
-- CHAR is cut as well, and compares without its padding
CREATE STREAM o (id INTEGER, x CHAR(3), n INTEGER, short BOOLEAN);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x, CHAR_LENGTH(x), x = '1  ' FROM "SOURCE_SQL_STREAM_001";
