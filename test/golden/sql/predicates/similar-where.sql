-- input: guests.jsonl
-- codes of letters and digits; NOT keeps what is known not to match
CREATE STREAM coded (id INTEGER, code CHAR(6));
CREATE PUMP p AS INSERT INTO coded
SELECT STREAM id, code FROM "SOURCE_SQL_STREAM_001"
WHERE TRIM(code) SIMILAR TO '[A-Z]{2}[0-9]{2}' OR name NOT SIMILAR TO '[a-zA-Z ]*' OR TRIM(code) SIMILAR TO '\+' ESCAPE '\' OR note SIMILAR TO '%/%' ESCAPE '~';
