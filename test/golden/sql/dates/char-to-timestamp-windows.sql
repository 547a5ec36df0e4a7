-- input: bookings.jsonl
-- times out of text as labels of the two-time pattern
-- covers: two-time pattern
CREATE STREAM by_day (day_of TIMESTAMP, n BIGINT);
CREATE PUMP p AS INSERT INTO by_day
SELECT STREAM FLOOR(CHAR_TO_TIMESTAMP('yyyy-MM-dd', s.s) TO DAY), COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.s SIMILAR TO '[0-9]{4}-0[0-9]-%' OR s.s IS NULL
GROUP BY FLOOR(CHAR_TO_TIMESTAMP('yyyy-MM-dd', s.s) TO DAY), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
