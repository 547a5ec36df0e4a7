-- input: guests.jsonl
-- covers: code points, CHAR padding
-- leading zeros and smiles go
CREATE STREAM o (id INTEGER, a VARCHAR(60), b INTEGER, c INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, TRIM(LEADING '0' FROM note), CHAR_LENGTH(TRIM(LEADING '李' FROM name)), CHAR_LENGTH(code) FROM "SOURCE_SQL_STREAM_001" WHERE TRUE AND (name IS NULL) = FALSE;
