-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- * of a join is the columns of both sides; alias.* those of one
CREATE STREAM o (arrival TIMESTAMP, ticker VARCHAR(5), qty INTEGER, price DOUBLE, ticker2 VARCHAR(5), company VARCHAR(20), country VARCHAR(2), rank_of INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM * FROM "SOURCE_SQL_STREAM_001" AS s JOIN companies AS c ON s.ticker = c.ticker;
CREATE STREAM c (ticker VARCHAR(5), company VARCHAR(20), country VARCHAR(2), rank_of INTEGER);
CREATE PUMP q AS INSERT INTO c SELECT STREAM c.* FROM "SOURCE_SQL_STREAM_001" AS s JOIN companies AS c ON s.ticker = c.ticker;
