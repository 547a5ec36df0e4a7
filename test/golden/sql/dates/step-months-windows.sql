-- input: bookings.jsonl
-- covers: STEP by MONTH or YEAR
-- windows of a year and of two months of ROWTIME: both close at the end of the input, at their ends
CREATE STREAM years (n BIGINT);
CREATE STREAM months (n BIGINT);
CREATE PUMP years_pump AS INSERT INTO years SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(s.ROWTIME BY INTERVAL '1' YEAR);
CREATE PUMP months_pump AS INSERT INTO months SELECT STREAM COUNT(t1) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(s.ROWTIME BY INTERVAL '2' MONTH);
