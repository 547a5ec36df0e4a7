-- input: guests.jsonl
-- texts that are nothing but blanks or dashes around something
CREATE STREAM odd (id INTEGER, inner_note VARCHAR(60));
CREATE PUMP p AS INSERT INTO odd
SELECT STREAM id, TRIM(TRAILING '-' FROM TRIM(LEADING '-' FROM note)) FROM "SOURCE_SQL_STREAM_001"
WHERE TRIM(name) <> name OR TRIM(BOTH '-' FROM note) <> note OR TRIM(LEADING ' ' FROM name) = '';
