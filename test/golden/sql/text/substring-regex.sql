-- input: guests.jsonl
-- covers: SUBSTRING FROM regex
-- the first match of a regular expression, NULL without one; a group does not narrow it
CREATE STREAM found (id INTEGER, digits VARCHAR(60), pair VARCHAR(60), last_word VARCHAR(60));
CREATE PUMP p AS INSERT INTO found
SELECT STREAM id, SUBSTRING(note FROM '[0-9]+'), SUBSTRING(note FROM '(\w+)=(\w+)'), SUBSTRING(note FROM '\S+$') FROM "SOURCE_SQL_STREAM_001";
