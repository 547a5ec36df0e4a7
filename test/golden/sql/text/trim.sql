-- input: guests.jsonl
-- blanks by default, or one character; only the sides that are meant
CREATE STREAM trimmed (id INTEGER, both_sides VARCHAR(60), lead VARCHAR(60), trail VARCHAR(60), dashes VARCHAR(60), exes VARCHAR(60), las VARCHAR(60));
CREATE PUMP p AS INSERT INTO trimmed
SELECT STREAM id, TRIM(note), TRIM(LEADING FROM note), TRIM(TRAILING FROM note), TRIM(BOTH '-' FROM note), TRIM(LEADING 'x' FROM note), TRIM(TRAILING 'a' FROM note)
FROM "SOURCE_SQL_STREAM_001";
