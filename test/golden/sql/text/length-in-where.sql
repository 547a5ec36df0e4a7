-- input: guests.jsonl
-- covers: code points
-- notes as long as their tenth, and the code points cut at a place
CREATE STREAM short_notes (id INTEGER, n INTEGER, head VARCHAR(3));
CREATE PUMP p AS INSERT INTO short_notes
SELECT STREAM id, CHAR_LENGTH(note), SUBSTRING(name, 1, 3) FROM "SOURCE_SQL_STREAM_001" WHERE CHAR_LENGTH(note) BETWEEN 1 AND 12 OR CHARACTER_LENGTH(name) = 0;
