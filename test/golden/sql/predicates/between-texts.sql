-- input: guests.jsonl
-- texts by code units: capitals before small letters
CREATE STREAM kept (id INTEGER, name VARCHAR(40));
CREATE PUMP p AS INSERT INTO kept SELECT STREAM id, name FROM "SOURCE_SQL_STREAM_001" WHERE name BETWEEN 'A' AND 'Z' OR note NOT BETWEEN ' ' AND 'z';
