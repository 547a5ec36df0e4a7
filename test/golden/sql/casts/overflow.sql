-- input: amounts.jsonl
-- numbers that do not fit the type are errors of their rows, each told by its own CAST
CREATE STREAM results (id INTEGER, a TINYINT, b DECIMAL(5,2), c INTEGER);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, CAST(i AS TINYINT), CAST(q AS DECIMAL(5,2)), CAST(d AS INTEGER) FROM "SOURCE_SQL_STREAM_001";
