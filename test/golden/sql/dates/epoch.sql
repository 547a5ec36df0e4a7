-- input: bookings.jsonl
-- milliseconds since 1970, both ways, and differences in them
CREATE STREAM epochs (id INTEGER, ms BIGINT, t TIMESTAMP, diff BIGINT, diff_ms BIGINT);
CREATE PUMP p AS INSERT INTO epochs SELECT STREAM id, UNIX_TIMESTAMP(t1), TO_TIMESTAMP(ms), TSDIFF(t2, t1), TSDIFF(ms, 1000) FROM "SOURCE_SQL_STREAM_001";
