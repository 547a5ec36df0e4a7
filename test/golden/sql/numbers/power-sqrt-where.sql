-- input: amounts.jsonl
-- square numbers
CREATE STREAM squares (id INTEGER, si SMALLINT, root DOUBLE);
CREATE PUMP p AS INSERT INTO squares SELECT STREAM id, si, SQRT(si) FROM "SOURCE_SQL_STREAM_001" WHERE si >= 0 AND POWER(FLOOR(SQRT(ABS(si))), 2) = si;
