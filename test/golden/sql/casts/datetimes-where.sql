-- input: bookings.jsonl
-- covers: CAST of datetimes
-- bookings that end on another day than they begin, by day
CREATE STREAM nights (day_of DATE, n BIGINT, first_of TIMESTAMP);
CREATE PUMP p AS INSERT INTO nights
SELECT STREAM CAST(s.t1 AS DATE), COUNT(*), MIN(CAST(CAST(s.t2 AS DATE) AS TIMESTAMP)) FROM "SOURCE_SQL_STREAM_001" AS s
WHERE CAST(s.t1 AS DATE) <> CAST(s.t2 AS DATE) GROUP BY CAST(s.t1 AS DATE), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
