-- input: amounts.jsonl
-- rows in the order of two columns
CREATE STREAM above (id INTEGER, i INTEGER, j INTEGER);
CREATE PUMP p AS INSERT INTO above SELECT STREAM id, i, j FROM "SOURCE_SQL_STREAM_001" WHERE (i, j) > (7, 1) OR (j, i) <= (0, 5);
