-- input: guests.jsonl
-- covers: code points, CHAR padding
-- lengths are code points; a CHAR(6) has six, a literal as many as it shows
CREATE STREAM lengths (id INTEGER, name_n INTEGER, note_n INTEGER, code_n INTEGER, both_n INTEGER);
CREATE PUMP p AS INSERT INTO lengths
SELECT STREAM id, CHAR_LENGTH(name), CHARACTER_LENGTH(note), CHAR_LENGTH(code), CHAR_LENGTH(name || '😀!') FROM "SOURCE_SQL_STREAM_001";
