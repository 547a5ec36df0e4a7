-- input: guests.jsonl
-- regular expressions of SQL, over the whole text
CREATE STREAM matched (id INTEGER, word BOOLEAN, digits BOOLEAN, abc BOOLEAN, either_of BOOLEAN, not_word BOOLEAN);
CREATE PUMP p AS INSERT INTO matched
SELECT STREAM id, name SIMILAR TO '[a-z]+', note SIMILAR TO '%[0-9]{2}%', note SIMILAR TO '(abc){2,3}|a+', TRIM(code) SIMILAR TO '(AB|CD)_*', name NOT SIMILAR TO '[A-Z]_*'
FROM "SOURCE_SQL_STREAM_001";
