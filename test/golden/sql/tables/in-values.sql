-- input: trades.jsonl
-- pairs among the rows of VALUES
CREATE STREAM o (ticker VARCHAR(5), qty INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, qty FROM "SOURCE_SQL_STREAM_001" WHERE (ticker, qty) IN (VALUES ('AMZN', 10), ('MSFT', 7), ('TBV', 1)) OR qty IN (VALUES (6), (4));
