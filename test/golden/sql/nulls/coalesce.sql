-- input: amounts.jsonl
-- the first that is not NULL; what stands behind it is not evaluated
CREATE STREAM results (id INTEGER, a INTEGER, b INTEGER, c DOUBLE, d BOOLEAN);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, COALESCE(i, j, -1), COALESCE(j, 100 / j), COALESCE(d, e, 0.0E0), COALESCE(f, g, FALSE) FROM "SOURCE_SQL_STREAM_001";
