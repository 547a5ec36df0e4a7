-- input: ticks.jsonl
-- covers: pumps into one stream, several outputs
-- pumps that write one stream: by time, then in the order of the program
CREATE STREAM o (side VARCHAR(5), v INTEGER);
CREATE STREAM other (v INTEGER);
CREATE PUMP other_pump AS INSERT INTO other SELECT STREAM v FROM "SOURCE_SQL_STREAM_001" WHERE v = 8;
CREATE PUMP a AS INSERT INTO o SELECT STREAM 'first', v FROM "SOURCE_SQL_STREAM_001" WHERE v > 4;
CREATE PUMP b AS INSERT INTO o SELECT STREAM 'then', v * 100 FROM "SOURCE_SQL_STREAM_001" WHERE v > 4;
