-- input: ticks.jsonl
-- shards: 1
-- where a record came from, when it arrived and by which key; * leaves them out
CREATE STREAM o (k VARCHAR(8), arrived TIMESTAMP, pk VARCHAR(512), seq VARCHAR(128), shard VARCHAR(64));
CREATE PUMP p AS INSERT INTO o SELECT STREAM k, APPROXIMATE_ARRIVAL_TIME, PARTITION_KEY, SEQUENCE_NUMBER, SHARD_ID FROM "SOURCE_SQL_STREAM_001";
