-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- rows without a match stay
CREATE STREAM o (ticker VARCHAR(5), company VARCHAR(20), rank_of INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.ticker, c.company, c."RANK" FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN companies AS c ON s.ticker = c.ticker AND c."RANK" < 4;
