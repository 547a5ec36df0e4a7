-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- NATURAL takes the columns of one name; ROWTIME is none of them
CREATE STREAM o (ticker VARCHAR(5), company VARCHAR(20));
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, company FROM "SOURCE_SQL_STREAM_001" NATURAL JOIN companies;
