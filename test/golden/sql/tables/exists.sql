-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- reference: nobody=nobody.csv
-- whether a table has a row at all
CREATE STREAM o (ticker VARCHAR(5), a BOOLEAN, b BOOLEAN);
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, EXISTS (SELECT ticker FROM companies WHERE "RANK" > 5), NOT EXISTS (SELECT key FROM "nobody") FROM "SOURCE_SQL_STREAM_001" WHERE EXISTS (SELECT "RANK" FROM companies) AND qty > 5;
