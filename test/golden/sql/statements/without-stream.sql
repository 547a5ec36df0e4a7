-- input: ticks.jsonl
-- covers: SELECT without STREAM, chained pumps
-- STREAM may be left out over streams and subqueries of them
CREATE STREAM a (k VARCHAR(8), v INTEGER);
CREATE PUMP pa AS INSERT INTO a SELECT k, v FROM "SOURCE_SQL_STREAM_001" WHERE v > 1;
CREATE STREAM b (k VARCHAR(8), v INTEGER);
CREATE PUMP pb AS INSERT INTO b SELECT k, v + 1 FROM (SELECT STREAM k, v FROM a) AS x WHERE v < 8;
