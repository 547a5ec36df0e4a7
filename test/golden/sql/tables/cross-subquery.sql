-- input: trades.jsonl
-- reference: countries=countries.jsonl
-- a subquery over a table beside the stream
CREATE STREAM o (ticker VARCHAR(5), name VARCHAR(20));
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.ticker, c.name FROM "SOURCE_SQL_STREAM_001" AS s CROSS JOIN (SELECT name FROM "countries" WHERE tax > 0.05) AS c WHERE s.qty < 3;
