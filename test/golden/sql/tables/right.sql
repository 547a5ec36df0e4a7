-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- the table on the left, the stream kept
CREATE STREAM o (company VARCHAR(20), ticker VARCHAR(5));
CREATE PUMP p AS INSERT INTO o SELECT STREAM c.company, s.ticker FROM companies AS c RIGHT JOIN "SOURCE_SQL_STREAM_001" AS s ON s.ticker = c.ticker AND s.qty > 2;
