-- input: amounts.jsonl
-- REAL beside integers stays REAL, beside DOUBLE becomes DOUBLE; FLOAT is DOUBLE
CREATE STREAM results (id INTEGER, third REAL, quarter DOUBLE PRECISION, same FLOAT);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, r / 3, r / 4E0, CAST(r AS FLOAT) FROM "SOURCE_SQL_STREAM_001";
