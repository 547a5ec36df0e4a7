-- input: guests.jsonl
-- the pattern may be a column: codes that are the beginning of the name or note, by case and not
CREATE STREAM matched (id INTEGER, starts BOOLEAN, pattern VARCHAR(10));
CREATE PUMP p AS INSERT INTO matched
SELECT STREAM id, note LIKE TRIM(code) || '%', TRIM(code) || '%' FROM "SOURCE_SQL_STREAM_001" WHERE note LIKE TRIM(code) || '%' ESCAPE '~' OR name NOT LIKE '%' || name;
