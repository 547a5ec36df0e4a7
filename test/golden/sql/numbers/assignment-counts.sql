-- input: amounts.jsonl
-- covers: assignment that converts, COUNT(x)
-- COUNT into INTEGER, DOUBLE and DECIMAL columns, as programs often have it
CREATE STREAM results (a INTEGER, b DOUBLE, c DECIMAL(6,2), n BIGINT);
CREATE PUMP p AS INSERT INTO results
SELECT STREAM COUNT(*), COUNT(s.i), COUNT(s.f), SUM(s.j) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY FLOOR(s.ROWTIME TO MINUTE);
