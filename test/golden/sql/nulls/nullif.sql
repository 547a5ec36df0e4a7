-- input: amounts.jsonl
-- NULL where both are equal; it guards a division
CREATE STREAM results (id INTEGER, a INTEGER, b INTEGER, c DECIMAL(9,4), d BOOLEAN);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, NULLIF(i, 7), 100 / NULLIF(j, 0), NULLIF(q, 2.5), NULLIF(f, g) FROM "SOURCE_SQL_STREAM_001";
