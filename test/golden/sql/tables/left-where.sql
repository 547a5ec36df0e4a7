-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- trades of unknown companies
CREATE STREAM o (ticker VARCHAR(5), qty INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.ticker, s.qty FROM "SOURCE_SQL_STREAM_001" AS s LEFT OUTER JOIN companies AS c ON s.ticker = c.ticker WHERE c.ticker IS NULL;
