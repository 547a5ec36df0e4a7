-- input: guests.jsonl
-- covers: CHAR padding
-- the padding of CHAR does not count, blanks of VARCHAR do
CREATE STREAM compared (id INTEGER, a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN);
CREATE PUMP p AS INSERT INTO compared SELECT STREAM id, code = 'CD', code = 'CD  ', name <= note, name != 'bob ' FROM "SOURCE_SQL_STREAM_001";
