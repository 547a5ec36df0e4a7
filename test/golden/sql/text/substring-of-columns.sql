-- input: guests.jsonl
-- places and counts from columns; a negative count is an error of its row
CREATE STREAM parts (id INTEGER, a VARCHAR(60), b VARCHAR(60));
CREATE PUMP p AS INSERT INTO parts SELECT STREAM id, SUBSTRING(note FROM n FOR 4), SUBSTRING(note FROM 2 FOR n) FROM "SOURCE_SQL_STREAM_001";
