-- input: guests.jsonl
-- expressions in the list and on its left
CREATE STREAM members (id INTEGER);
CREATE PUMP p AS INSERT INTO members SELECT STREAM id FROM "SOURCE_SQL_STREAM_001" WHERE LOWER(name) IN ('bob', 'ann' || ' lee', TRIM(note)) OR n NOT IN (1, 2, 3, 4, 5);
