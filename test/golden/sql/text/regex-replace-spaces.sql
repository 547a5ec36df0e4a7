-- input: guests.jsonl
-- runs of blanks become one; the first word goes
CREATE STREAM tidy (id INTEGER, tidy VARCHAR(100), rest VARCHAR(100));
CREATE PUMP p AS INSERT INTO tidy
SELECT STREAM id, REGEX_REPLACE(TRIM(note), '\s+', ' ', 1, 0), REGEX_REPLACE(note, '^\S+\s*', '', 1, 1) FROM "SOURCE_SQL_STREAM_001"
WHERE REGEX_REPLACE(note, '\s', '', 1, 0) <> note;
