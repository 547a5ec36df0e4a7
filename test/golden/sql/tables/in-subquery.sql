-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- IN over a table: UNKNOWN where the table holds NULL and nothing is equal
CREATE STREAM o (ticker VARCHAR(5), us BOOLEAN, ranked BOOLEAN, unranked BOOLEAN);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM ticker, ticker IN (SELECT ticker FROM companies WHERE country = 'US'), qty IN (SELECT "RANK" FROM companies), qty NOT IN (SELECT "RANK" FROM companies) FROM "SOURCE_SQL_STREAM_001";
