-- input: amounts.jsonl
-- covers: mixed numeric kinds
-- a BIGINT meets a DECIMAL of its value, and not one that only rounds to it
CREATE STREAM o (id INTEGER, other INTEGER, b BIGINT, p DECIMAL(18,2));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM x.id, y.id, x.b, y.p FROM "SOURCE_SQL_STREAM_001" OVER (RANGE INTERVAL '5' MINUTE PRECEDING) AS x
JOIN "SOURCE_SQL_STREAM_001" OVER (RANGE INTERVAL '5' MINUTE PRECEDING) AS y ON x.b = y.p;
