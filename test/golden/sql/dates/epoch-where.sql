-- input: bookings.jsonl
-- bookings longer than a minute; the difference is the first less the second
CREATE STREAM long_ones (id INTEGER, minutes BIGINT);
CREATE PUMP p AS INSERT INTO long_ones SELECT STREAM id, TSDIFF(t2, t1) / 60000 FROM "SOURCE_SQL_STREAM_001" WHERE TSDIFF(t2, t1) > 60000 OR TO_TIMESTAMP(ms) > TIMESTAMP '2030-01-01 00:00:00';
