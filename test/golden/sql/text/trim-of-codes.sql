-- input: guests.jsonl
-- covers: CHAR padding
-- the padding of a CHAR goes with the blanks; a code point beyond the first plane is one character
CREATE STREAM codes (id INTEGER, code VARCHAR(6), n INTEGER, no_smile VARCHAR(40), no_a VARCHAR(40));
CREATE PUMP p AS INSERT INTO codes
SELECT STREAM id, TRIM(TRAILING FROM code), CHAR_LENGTH(TRIM(code)), TRIM('😀' FROM note), TRIM(BOTH 'a' FROM name) FROM "SOURCE_SQL_STREAM_001";
