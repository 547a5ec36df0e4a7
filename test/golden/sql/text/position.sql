-- input: guests.jsonl
-- from 1; 0 for what is not there; 1 for the empty text
CREATE STREAM places (id INTEGER, blank_at INTEGER, smile_at INTEGER, nothing_at INTEGER, name_in_note INTEGER);
CREATE PUMP p AS INSERT INTO places
SELECT STREAM id, POSITION(' ' IN note), POSITION('😀' IN note), POSITION('' IN note), POSITION(name IN note) FROM "SOURCE_SQL_STREAM_001";
