-- input: amounts.jsonl
-- toward minus and plus infinity, for DECIMAL and DOUBLE; integers stay
CREATE STREAM results (id INTEGER, a DECIMAL(18,0), b DECIMAL(18,0), c DOUBLE, d DOUBLE, e INTEGER);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, FLOOR(q), CEIL(q), FLOOR(d), CEILING(d), FLOOR(i) FROM "SOURCE_SQL_STREAM_001";
