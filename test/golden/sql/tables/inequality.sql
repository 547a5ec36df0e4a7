-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- a condition without an equality
CREATE STREAM o (qty INTEGER, company VARCHAR(20));
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.qty, c.company FROM "SOURCE_SQL_STREAM_001" AS s INNER JOIN companies AS c ON s.qty BETWEEN c."RANK" AND c."RANK" + 1 WHERE c.company <> '';
