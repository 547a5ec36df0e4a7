-- input: devices.jsonl
-- schema: readings.schema.json
-- covers: JSON flattened array, JSON missing element
-- elements that are warm
CREATE STREAM o (device VARCHAR(12), v DOUBLE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM device, v FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'temp' AND v >= 19;
