-- input: devices.jsonl
-- covers: JSON nested path, JSON array as text, JSON missing element
-- firmware of each device, and the longest list of tags
CREATE STREAM o (device VARCHAR(12), fw INTEGER, tag_characters INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.device, MAX(s.fw), MAX(CHAR_LENGTH(s.tags)) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.device, STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
