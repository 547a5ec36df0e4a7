-- input: ticks.jsonl
-- covers: chained pumps
-- a text that is too long for its column is an error of its row, in whatever pump
CREATE STREAM a (k VARCHAR(9));
CREATE PUMP pa AS INSERT INTO a SELECT STREAM k || CASE WHEN v > 5 THEN 'xxxxxxxxx' ELSE '' END FROM "SOURCE_SQL_STREAM_001";
CREATE STREAM b (k VARCHAR(1));
CREATE PUMP pb AS INSERT INTO b SELECT STREAM k || CASE WHEN k = 'a' THEN '' ELSE '?' END FROM a;
