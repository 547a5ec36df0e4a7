-- input: ticks.jsonl
-- each large value with the last two small ones of its key, however old
CREATE STREAM a (k VARCHAR(8), v INTEGER);
CREATE PUMP pa AS INSERT INTO a SELECT STREAM k, v FROM "SOURCE_SQL_STREAM_001" WHERE v < 5;
CREATE STREAM o (k VARCHAR(8), low INTEGER, high INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.k, x.v, s.v FROM a OVER (ROWS 1 PRECEDING) AS x JOIN "SOURCE_SQL_STREAM_001" AS s ON x.k = s.k WHERE s.v >= 5;
