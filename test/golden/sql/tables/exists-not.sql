-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- NOT EXISTS over VALUES and tables
CREATE STREAM o (ticker VARCHAR(5));
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker FROM "SOURCE_SQL_STREAM_001" WHERE NOT EXISTS (SELECT company FROM companies WHERE "RANK" = 99) AND qty = 1 OR EXISTS (SELECT a FROM (VALUES (1)) AS v (a) WHERE a = 2);
