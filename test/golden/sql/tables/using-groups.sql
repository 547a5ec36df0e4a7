-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- groups by the column of USING
CREATE STREAM o (ticker VARCHAR(5), n BIGINT, mean DOUBLE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, COUNT(*), AVG(s.price) FROM "SOURCE_SQL_STREAM_001" AS s INNER JOIN companies AS c USING (ticker) GROUP BY ticker, FLOOR(s.ROWTIME TO MINUTE);
