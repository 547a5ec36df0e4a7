-- input: devices.jsonl
-- covers: JSON nested path, JSON array as text, JSON missing element, JSON booleans
-- devices with a tag "a", by the text of the list
CREATE STREAM o (device VARCHAR(12), fw INTEGER, ok BOOLEAN);
CREATE PUMP p AS INSERT INTO o SELECT STREAM device, fw, ok FROM "SOURCE_SQL_STREAM_001" WHERE tags LIKE '%"a"%' OR ok;
