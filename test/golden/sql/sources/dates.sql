-- input: values.jsonl
-- schema: values-date.schema.json
-- covers: JSON datetimes
-- dates
CREATE STREAM o (id INTEGER, x DATE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001" WHERE x IS NOT NULL;
