-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- reference: countries=countries.jsonl
-- two tables, one by the other; a name in small letters wants quotes
CREATE STREAM o (ticker VARCHAR(5), country VARCHAR(20), tax DECIMAL(18,4));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM s.ticker, n.name, s.qty * n.tax FROM "SOURCE_SQL_STREAM_001" AS s JOIN companies AS c ON s.ticker = c.ticker LEFT JOIN "countries" AS n ON c.country = n.code;
