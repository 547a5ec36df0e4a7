-- input: guests.jsonl
-- INITCAP starts a word after each blank and nowhere else
CREATE STREAM titles (id INTEGER, title VARCHAR(60), loud VARCHAR(60));
CREATE PUMP p AS INSERT INTO titles
SELECT STREAM id, INITCAP(UPPER(note)), UPPER(TRIM(note)) FROM "SOURCE_SQL_STREAM_001" WHERE INITCAP(note) IS NOT NULL;
