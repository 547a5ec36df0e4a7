-- input: bookings.jsonl
-- covers: interval * number
-- minus months, and twice minus hours
CREATE STREAM moved (id INTEGER, a TIMESTAMP, b TIMESTAMP);
CREATE PUMP p AS INSERT INTO moved SELECT STREAM id, t1 + INTERVAL -'1-02' YEAR TO MONTH, t1 + INTERVAL -'3:30' HOUR TO MINUTE * 2 FROM "SOURCE_SQL_STREAM_001";
