-- input: bookings.jsonl
-- patterns of Java; a NULL timestamp is the word null, other NULLs stay
CREATE STREAM texts (id INTEGER, iso VARCHAR(40), german VARCHAR(40), words VARCHAR(60), d VARCHAR(20), t VARCHAR(20));
CREATE PUMP p AS INSERT INTO texts
SELECT STREAM id, TIMESTAMP_TO_CHAR('yyyy-MM-dd''T''HH:mm:ss.SSS', t1), TIMESTAMP_TO_CHAR('d.M.yy H:mm', t1), TIMESTAMP_TO_CHAR('EEEE, MMMM d yyyy, hh:mm a', t1),
  DATE_TO_CHAR('dd/MM/yyyy', d1), TIME_TO_CHAR('HH-mm-ss', at1) FROM "SOURCE_SQL_STREAM_001";
