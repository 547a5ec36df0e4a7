-- input: guests.jsonl
-- the number in a sentence
CREATE STREAM numbers (id INTEGER, n VARCHAR(60));
CREATE PUMP p AS INSERT INTO numbers
SELECT STREAM id, SUBSTRING(note SIMILAR '[a-z ]+!"[0-9]+!"[a-z ]+([0-9]+[a-z ]+)?' ESCAPE '!') FROM "SOURCE_SQL_STREAM_001"
WHERE SUBSTRING(note SIMILAR '%!"[0-9]+!"%' ESCAPE '!') IS NOT NULL;
