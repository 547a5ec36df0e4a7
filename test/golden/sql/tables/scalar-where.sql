-- input: trades.jsonl
-- reference: countries=countries.jsonl
-- a limit that a table holds
CREATE STREAM o (ticker VARCHAR(5), price DOUBLE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, price FROM "SOURCE_SQL_STREAM_001" WHERE price > (SELECT tax FROM "countries" WHERE code = 'DE') * 500;
