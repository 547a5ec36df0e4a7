-- input: amounts.jsonl
-- numbers that are whole
CREATE STREAM results (id INTEGER, q DECIMAL(9,4));
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, q FROM "SOURCE_SQL_STREAM_001" WHERE FLOOR(q) = CEILING(q) OR CEIL(d) - FLOOR(d) = 0;
