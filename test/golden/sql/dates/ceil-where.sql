-- input: bookings.jsonl
-- bookings that end on a whole minute, and windows that hold their end
CREATE STREAM whole (id INTEGER, t2 TIMESTAMP);
CREATE STREAM counts (n BIGINT);
CREATE PUMP whole_pump AS INSERT INTO whole SELECT STREAM id, t2 FROM "SOURCE_SQL_STREAM_001" WHERE CEIL(t2 TO MINUTE) = t2;
CREATE PUMP counts_pump AS INSERT INTO counts SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY CEIL(s.ROWTIME TO MINUTE);
