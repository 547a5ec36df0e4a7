-- input: values.jsonl
-- schema: values-timestamp.schema.json
-- covers: JSON datetimes
-- three forms of time, and nothing else
CREATE STREAM o (id INTEGER, x TIMESTAMP);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001" WHERE id > 20 OR x IS NULL;
