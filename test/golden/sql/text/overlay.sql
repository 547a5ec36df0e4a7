-- input: guests.jsonl
-- puts a text over another: its own length unless FOR says otherwise, behind the end, or in front of it
CREATE STREAM laid (id INTEGER, a VARCHAR(60), b VARCHAR(60), c VARCHAR(60), d VARCHAR(60), e VARCHAR(60));
CREATE PUMP p AS INSERT INTO laid
SELECT STREAM id, OVERLAY(name PLACING 'XY' FROM 3), OVERLAY(name PLACING 'XY' FROM 2 FOR 0), OVERLAY(name PLACING '' FROM 2 FOR 2),
  OVERLAY(name PLACING '...' FROM 30), OVERLAY(name PLACING name FROM 2 FOR 1)
FROM "SOURCE_SQL_STREAM_001";
