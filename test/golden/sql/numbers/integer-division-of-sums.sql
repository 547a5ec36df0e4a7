-- input: amounts.jsonl
-- covers: integer division, AVG that truncates
-- means of integers truncate, whichever way they are written
CREATE STREAM means (mean INTEGER, by_hand BIGINT, of_small SMALLINT, of_double DOUBLE);
CREATE PUMP p AS INSERT INTO means
SELECT STREAM AVG(s.i / 10), SUM(s.i / 10) / COUNT(s.i), AVG(s.ti), AVG(s.d) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(s.ROWTIME BY INTERVAL '20' SECOND);
