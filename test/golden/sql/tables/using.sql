-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- the column of USING stands once, with the value of the stream
CREATE STREAM o (ticker VARCHAR(5), company VARCHAR(20), qty INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, company, qty FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN companies AS c USING (ticker);
