-- input: guests.jsonl
-- the character of TRIM is one character: other lengths are errors of their rows
CREATE STREAM trimmed (id INTEGER, t VARCHAR(60));
CREATE PUMP p AS INSERT INTO trimmed SELECT STREAM id, TRIM(BOTH TRIM(TRAILING FROM code) FROM note) FROM "SOURCE_SQL_STREAM_001" WHERE id > 15;
