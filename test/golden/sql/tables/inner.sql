-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- each row with each row of the table that matches; NULL matches nothing
CREATE STREAM o (ticker VARCHAR(5), company VARCHAR(20), qty INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.ticker, c.company, s.qty FROM "SOURCE_SQL_STREAM_001" AS s JOIN companies AS c ON s.ticker = c.ticker;
