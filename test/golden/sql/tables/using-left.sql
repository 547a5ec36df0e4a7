-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- USING keeps the value of the stream where the table has none
CREATE STREAM o (ticker VARCHAR(5), country VARCHAR(2));
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, c.country FROM companies AS c RIGHT JOIN "SOURCE_SQL_STREAM_001" AS s USING (ticker) WHERE COALESCE(c."RANK", 0) < 3;
