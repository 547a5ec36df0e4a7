-- input: devices.jsonl
-- schema: readings.schema.json
-- covers: JSON flattened array, JSON missing element, JSON nested path
-- one row for each element; an empty list, and none, still give one row of NULLs
CREATE STREAM o (device VARCHAR(12), kind VARCHAR(8), v DOUBLE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM device, kind, v FROM "SOURCE_SQL_STREAM_001";
