-- input: amounts.jsonl
-- no root of less than zero, no fraction of a negative base, no zero to a negative power
CREATE STREAM results (id INTEGER, a DOUBLE, b DOUBLE);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, POWER(d, e - 1.5), SQRT(i) FROM "SOURCE_SQL_STREAM_001" WHERE id <> 3;
