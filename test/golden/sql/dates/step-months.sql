-- input: bookings.jsonl
-- covers: STEP by MONTH or YEAR
-- months and years by the calendar from January 1970
CREATE STREAM steps (id INTEGER, quarter_of TIMESTAMP, year_of TIMESTAMP, decade_of TIMESTAMP, half_of DATE);
CREATE PUMP p AS INSERT INTO steps
SELECT STREAM id, STEP(t1 BY INTERVAL '3' MONTH), STEP(t1 BY INTERVAL '1' YEAR), STEP(t1 BY INTERVAL '10' YEAR), STEP(d1 BY INTERVAL '6' MONTH) FROM "SOURCE_SQL_STREAM_001";
