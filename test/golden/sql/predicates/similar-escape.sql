-- input: guests.jsonl
-- special characters as they are
CREATE STREAM matched (id INTEGER, percent BOOLEAN, low BOOLEAN, dots BOOLEAN);
CREATE PUMP p AS INSERT INTO matched
SELECT STREAM id, note SIMILAR TO '[0-9]+!%' ESCAPE '!', note SIMILAR TO '%!_%' ESCAPE '!', note SIMILAR TO '%.%' FROM "SOURCE_SQL_STREAM_001"
WHERE note NOT SIMILAR TO '%!+%' ESCAPE '!';
