-- input: guests.jsonl
-- letters in front of digits
CREATE STREAM codes (id INTEGER, letters VARCHAR(6));
CREATE PUMP p AS INSERT INTO codes
SELECT STREAM id, SUBSTRING(TRIM(code) SIMILAR '#"[A-Z]+#"[0-9]+' ESCAPE '#') FROM "SOURCE_SQL_STREAM_001";
