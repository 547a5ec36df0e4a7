-- input: amounts.jsonl
-- COUNT leaves out what NULLIF made NULL
-- covers: COUNT(x)
CREATE STREAM results (n BIGINT, known BIGINT, not_zero BIGINT, mean DOUBLE);
CREATE PUMP p AS INSERT INTO results SELECT STREAM COUNT(*), COUNT(s.j), COUNT(NULLIF(s.j, 0)), AVG(NULLIF(s.d, 0)) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(s.ROWTIME BY INTERVAL '20' SECOND);
