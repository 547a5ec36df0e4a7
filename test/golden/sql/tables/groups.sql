-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- groups by a column of the table
CREATE STREAM o (country VARCHAR(2), n BIGINT, total BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM c.country, COUNT(*), SUM(s.qty) FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN companies AS c ON s.ticker = c.ticker GROUP BY c.country, FLOOR(s.ROWTIME TO MINUTE);
