-- input: bookings.jsonl
-- covers: STEP by MONTH or YEAR
-- bookings by quarter of an event time, as they come in each minute
CREATE STREAM quarters (quarter_of TIMESTAMP, n BIGINT, first_of DATE);
CREATE PUMP p AS INSERT INTO quarters
SELECT STREAM STEP(s.t1 BY INTERVAL '3' MONTH), COUNT(*), MIN(s.d1) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(s.t1 BY INTERVAL '3' MONTH), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
