-- input: amounts.jsonl
-- the number of decimal digits
CREATE STREAM results (id INTEGER, digits DOUBLE, back DOUBLE, e_n DOUBLE);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, FLOOR(LOG10(si)) + 1, EXP(LN(si)), EXP(ti / 10) FROM "SOURCE_SQL_STREAM_001" WHERE si > 0;
