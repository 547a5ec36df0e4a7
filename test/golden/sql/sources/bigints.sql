-- input: values.jsonl
-- schema: values-bigint.schema.json
-- covers: JSON numbers
-- 64 bits to the last digit
CREATE STREAM o (id INTEGER, x BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001" WHERE x > 1000 OR x IS NULL;
