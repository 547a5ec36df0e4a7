-- input: guests.jsonl
-- groups in which the unknown have a name
CREATE STREAM results (who VARCHAR(40), n BIGINT);
CREATE PUMP p AS INSERT INTO results
SELECT STREAM COALESCE(SUBSTRING(s.name FROM 1 FOR 1), 'nobody'), COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY COALESCE(SUBSTRING(s.name FROM 1 FOR 1), 'nobody'), FLOOR(s.ROWTIME TO HOUR) HAVING COALESCE(SUM(s.n), 0) > 1;
