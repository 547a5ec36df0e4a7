-- input: guests.jsonl
-- covers: SUBSTRING FROM regex
-- groups by the first capital letter anywhere in the name; names without one together
CREATE STREAM by_capital (capital VARCHAR(1), n BIGINT);
CREATE PUMP p AS INSERT INTO by_capital
SELECT STREAM SUBSTRING(s.name FROM '[A-Z]'), COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY SUBSTRING(s.name FROM '[A-Z]'), FLOOR(s.ROWTIME TO HOUR) HAVING COUNT(s.name) > 0;
