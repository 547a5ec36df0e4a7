-- input: values.jsonl
-- schema: values-time.schema.json
-- covers: JSON datetimes, JSON missing element
-- times of day
CREATE STREAM o (id INTEGER, x TIME);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001";
