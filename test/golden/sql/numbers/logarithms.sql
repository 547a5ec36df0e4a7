-- input: amounts.jsonl
-- LN, LOG10 and EXP are DOUBLE whatever they are given
CREATE STREAM results (id INTEGER, a DOUBLE, b DOUBLE, c DOUBLE);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, LN(d), LOG10(q), EXP(q) FROM "SOURCE_SQL_STREAM_001" WHERE d > 0 AND q > 0 AND q < 100;
