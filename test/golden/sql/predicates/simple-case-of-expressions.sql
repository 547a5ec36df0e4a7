-- input: bookings.jsonl
-- the part of the day of an hour, and a NULL branch
CREATE STREAM parts (id INTEGER, part VARCHAR(10), code DOUBLE);
CREATE PUMP p AS INSERT INTO parts
SELECT STREAM id, CASE EXTRACT(HOUR FROM t1) / 6 WHEN 0 THEN 'night' WHEN 1 THEN 'morning' WHEN 2 THEN 'afternoon' WHEN 3 THEN 'evening' END,
  CASE t1 WHEN t2 THEN 1 ELSE 0.5 END FROM "SOURCE_SQL_STREAM_001";
