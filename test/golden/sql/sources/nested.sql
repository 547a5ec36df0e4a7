-- input: devices.jsonl
-- covers: JSON nested path, JSON array as text, JSON missing element, JSON text cut to length, JSON booleans
-- paths step through objects by case; what is missing is NULL; an array is its text; texts are cut to their length
CREATE STREAM o (device VARCHAR(12), model VARCHAR(3), fw INTEGER, tags VARCHAR(40), ok BOOLEAN);
CREATE PUMP p AS INSERT INTO o SELECT STREAM device, model, fw, tags, ok FROM "SOURCE_SQL_STREAM_001";
