-- input: bookings.jsonl
-- covers: CAST of an interval, CAST to text
-- an interval as text has its sign, two digits of each field behind the first
CREATE STREAM texts (id INTEGER, a VARCHAR(30), b VARCHAR(30), c VARCHAR(30), d VARCHAR(30));
CREATE PUMP p AS INSERT INTO texts
SELECT STREAM id, CAST((t2 - t1) MINUTE(9) TO SECOND AS VARCHAR(30)), CAST(INTERVAL '9:40' MINUTE TO SECOND AS VARCHAR(30)), CAST(INTERVAL -'1 02' DAY TO HOUR AS VARCHAR(30)), CAST(INTERVAL '2-03' YEAR TO MONTH AS VARCHAR(30))
FROM "SOURCE_SQL_STREAM_001" WHERE id < 9;
