-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- covers: comma join
-- the condition in WHERE
CREATE STREAM o (ticker VARCHAR(5), company VARCHAR(20));
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.ticker, c.company FROM companies AS c, "SOURCE_SQL_STREAM_001" AS s WHERE c.ticker = s.ticker AND c.country = 'US';
