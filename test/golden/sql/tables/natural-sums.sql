-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- quantities by country
CREATE STREAM o (country VARCHAR(2), total BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM country, SUM(qty) FROM (SELECT STREAM s.ROWTIME AS t, country, qty FROM "SOURCE_SQL_STREAM_001" AS s NATURAL JOIN companies) AS x GROUP BY country, FLOOR(x.t TO HOUR);
