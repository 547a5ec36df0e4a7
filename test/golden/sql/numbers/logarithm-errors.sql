-- input: amounts.jsonl
-- there is no logarithm of zero or less, and no EXP beyond DOUBLE
CREATE STREAM logs (id INTEGER, a DOUBLE, b DOUBLE);
CREATE STREAM exps (id INTEGER, e DOUBLE);
CREATE PUMP logs_pump AS INSERT INTO logs SELECT STREAM id, LN(d), LOG10(j) FROM "SOURCE_SQL_STREAM_001";
CREATE PUMP exps_pump AS INSERT INTO exps SELECT STREAM id, EXP(si) FROM "SOURCE_SQL_STREAM_001" WHERE id < 5;
