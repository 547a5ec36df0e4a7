-- input: guests.jsonl
-- the first blank becomes a line
CREATE STREAM lined (id INTEGER, note VARCHAR(60));
CREATE PUMP p AS INSERT INTO lined
SELECT STREAM id, CASE POSITION(' ' IN note) WHEN 0 THEN note ELSE OVERLAY(note PLACING '_' FROM POSITION(' ' IN note)) END FROM "SOURCE_SQL_STREAM_001";
