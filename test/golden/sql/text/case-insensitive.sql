-- input: guests.jsonl
-- names are compared by case unless both sides lose theirs
CREATE STREAM anns (id INTEGER, name VARCHAR(40), exact BOOLEAN);
CREATE PUMP p AS INSERT INTO anns
SELECT STREAM id, name, name = 'Ann Lee' FROM "SOURCE_SQL_STREAM_001" WHERE UPPER(name) = 'ANN LEE' OR LOWER(note) = LOWER('LIKES Window Seats');
