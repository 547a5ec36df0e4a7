-- input: guests.jsonl
-- the value is compared with each branch; NULL equals none
CREATE STREAM named (id INTEGER, word VARCHAR(10), code VARCHAR(10));
CREATE PUMP p AS INSERT INTO named
SELECT STREAM id, CASE n WHEN 1 THEN 'one' WHEN 2 THEN 'two' WHEN NULL THEN 'never' ELSE 'many' END, CASE code WHEN 'CD' THEN 'cd' WHEN 'ab' THEN 'small' END FROM "SOURCE_SQL_STREAM_001";
