-- input: ticks.jsonl
-- parallelism: 2
-- shards: 3
-- covers: readers of one stream
-- three shards on two streams, united by UNION ALL
CREATE STREAM o (k VARCHAR(8), v INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM k, v FROM "SOURCE_SQL_STREAM_001" UNION ALL SELECT STREAM k, v FROM "SOURCE_SQL_STREAM_002";
