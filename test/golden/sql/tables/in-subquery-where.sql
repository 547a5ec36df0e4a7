-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- trades of American companies, and of none that is known
CREATE STREAM o (ticker VARCHAR(5));
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker FROM "SOURCE_SQL_STREAM_001" WHERE ticker IN (SELECT ticker FROM companies WHERE country = 'US') OR ticker NOT IN (SELECT ticker FROM companies WHERE ticker <> '');
