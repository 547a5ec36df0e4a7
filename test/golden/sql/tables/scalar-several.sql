-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- a subquery with several rows where one is meant is an error of the row that asks
CREATE STREAM o (ticker VARCHAR(5), which VARCHAR(20));
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, CASE WHEN qty > 6 THEN (SELECT company FROM companies WHERE ticker = 'AMZN') ELSE (SELECT company FROM companies WHERE ticker = 'TBV') END FROM "SOURCE_SQL_STREAM_001" WHERE qty IS NOT NULL;
