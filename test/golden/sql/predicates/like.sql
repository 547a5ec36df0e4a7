-- input: guests.jsonl
-- _ is one character and % any run, over the whole text and by case
CREATE STREAM matched (id INTEGER, a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN, e BOOLEAN);
CREATE PUMP p AS INSERT INTO matched
SELECT STREAM id, name LIKE '%o%', name LIKE '___', name LIKE 'A%', note LIKE '%', name NOT LIKE '% %' FROM "SOURCE_SQL_STREAM_001";
