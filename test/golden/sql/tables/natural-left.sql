-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- NATURAL LEFT JOIN: the common column stands once and first
CREATE STREAM o (ticker VARCHAR(5), qty INTEGER, company VARCHAR(20), country VARCHAR(2));
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, qty, company, country FROM "SOURCE_SQL_STREAM_001" AS s NATURAL LEFT JOIN companies AS c WHERE qty > 3 OR company IS NULL;
