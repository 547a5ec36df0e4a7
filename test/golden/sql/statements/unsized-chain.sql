-- input: ticks.jsonl
-- covers: chained pumps
-- from one stream to the next
CREATE STREAM a (x VARCHAR);
CREATE STREAM b (x VARCHAR(3));
CREATE PUMP pa AS INSERT INTO a SELECT STREAM k || 'b' FROM "SOURCE_SQL_STREAM_001";
CREATE PUMP pb AS INSERT INTO b SELECT STREAM UPPER(x) FROM a WHERE x <> 'cb';
