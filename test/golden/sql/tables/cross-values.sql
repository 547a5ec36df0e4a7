-- input: trades.jsonl
-- covers: comma join
-- every row with every row of VALUES
CREATE STREAM o (ticker VARCHAR(5), factor INTEGER, amount INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.ticker, f.n, s.qty * +f.n FROM "SOURCE_SQL_STREAM_001" AS s CROSS JOIN (VALUES (1), (10)) AS f (n) WHERE s.qty > 5;
