-- input: amounts.jsonl
-- covers: assignment that converts, mixed numeric kinds
-- numbers of any kind go into numbers of any other, rounded half away from zero
CREATE STREAM results (id INTEGER, a INTEGER, b DECIMAL(18,1), c DOUBLE, d REAL, e BIGINT);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, q, q, p, ti, d FROM "SOURCE_SQL_STREAM_001" WHERE d < 1E12 AND p < 1E12;
