-- input: ticks.jsonl
-- parallelism: 2
-- shards: 2
-- covers: pumps into one stream
-- shards are spread over two streams; two pumps unite them in the order of time, the first pump first where times are equal
CREATE STREAM united (k VARCHAR(8), v INTEGER, which INTEGER);
CREATE PUMP p1 AS INSERT INTO united SELECT STREAM k, v, 1 FROM "SOURCE_SQL_STREAM_001";
CREATE PUMP p2 AS INSERT INTO united SELECT STREAM k, v, 2 FROM "SOURCE_SQL_STREAM_002";
