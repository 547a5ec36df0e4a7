-- input: amounts.jsonl
-- numbers of all kinds compare by value
CREATE STREAM compared (id INTEGER, a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN, e BOOLEAN, f BOOLEAN);
CREATE PUMP p AS INSERT INTO compared
SELECT STREAM id, i = q, si <= i, ti < d, b >= p, d <> e, q != 2.5 FROM "SOURCE_SQL_STREAM_001" WHERE id NOT IN (3, 4);
