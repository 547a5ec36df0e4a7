-- input: guests.jsonl
-- NULL is neither like nor not like
CREATE STREAM kept (id INTEGER);
CREATE PUMP p AS INSERT INTO kept SELECT STREAM id FROM "SOURCE_SQL_STREAM_001" WHERE NOT (note LIKE '%a%') AND name NOT LIKE '_' AND code NOT LIKE '%!_%' ESCAPE '!' AND name NOT SIMILAR TO '[x-z]+!%' ESCAPE '!';
