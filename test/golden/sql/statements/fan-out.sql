-- input: ticks.jsonl
-- covers: readers of one stream, several outputs, chained pumps
-- each reader of a stream sees every row
CREATE STREAM mid (k VARCHAR(8), v INTEGER);
CREATE STREAM small (v INTEGER);
CREATE STREAM bigger (v INTEGER);
CREATE STREAM counted (n BIGINT);
CREATE PUMP m AS INSERT INTO mid SELECT STREAM k, v FROM "SOURCE_SQL_STREAM_001" WHERE v IS NOT NULL;
CREATE PUMP s AS INSERT INTO small SELECT STREAM v FROM mid WHERE v < 3;
CREATE PUMP l AS INSERT INTO bigger SELECT STREAM v FROM mid WHERE v >= 3;
CREATE PUMP c AS INSERT INTO counted SELECT STREAM COUNT(*) FROM mid AS x GROUP BY FLOOR(x.ROWTIME TO MINUTE);
