-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- a table as a switch
CREATE STREAM o (n BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s WHERE EXISTS (SELECT country FROM companies WHERE country = 'DE') AND s.price > 5 GROUP BY FLOOR(s.ROWTIME TO MINUTE);
