-- input: guests.jsonl
-- covers: CAST of text
-- numbers and truth values out of text, blanks around them allowed
CREATE STREAM parsed (id INTEGER, i INTEGER, d DECIMAL(9,2), x DOUBLE, f BOOLEAN);
CREATE PUMP p AS INSERT INTO parsed
SELECT STREAM id, CAST(SUBSTRING(note FROM '[0-9]+') AS INTEGER), CAST(CAST(n AS VARCHAR(9)) || '.125' AS DECIMAL(9,2)), CAST(CAST(n AS VARCHAR(9)) || 'e-1' AS DOUBLE), CAST(CASE WHEN n > 2 THEN 'TRUE' WHEN n < 2 THEN 'false' END AS BOOLEAN) FROM "SOURCE_SQL_STREAM_001";
