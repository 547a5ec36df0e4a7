-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- one value out of a table; none is NULL
CREATE STREAM o (ticker VARCHAR(5), best INTEGER, nothing INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, qty - (SELECT "RANK" FROM companies WHERE company = 'Amazon'), (SELECT "RANK" FROM companies WHERE company = 'nobody') FROM "SOURCE_SQL_STREAM_001";
