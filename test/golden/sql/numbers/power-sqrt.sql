-- input: amounts.jsonl
-- powers and roots are DOUBLE
CREATE STREAM results (id INTEGER, a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE);
CREATE PUMP p AS INSERT INTO results
SELECT STREAM id, POWER(q, 2), POWER(d, e), SQRT(d), POWER(10, ti) FROM "SOURCE_SQL_STREAM_001" WHERE d >= 0 AND e IS NOT NULL AND NOT (d = 0 AND e < 0) OR d IS NULL;
