-- input: seen.jsonl
-- schema: seen.schema.json
-- parallelism: 3
-- covers: pumps into one stream, chained pumps
-- three streams, united and counted: the number of shards and streams does not show where times differ
CREATE STREAM united (id INTEGER, w VARCHAR(8));
CREATE PUMP p1 AS INSERT INTO united SELECT STREAM id, w FROM "SOURCE_SQL_STREAM_001";
CREATE PUMP p2 AS INSERT INTO united SELECT STREAM id, w FROM "SOURCE_SQL_STREAM_002";
CREATE PUMP p3 AS INSERT INTO united SELECT STREAM id, w FROM "SOURCE_SQL_STREAM_003";
CREATE STREAM counts (n BIGINT, ids BIGINT);
CREATE PUMP c AS INSERT INTO counts SELECT STREAM COUNT(*), SUM(u.id) FROM united AS u GROUP BY FLOOR(u.ROWTIME TO MINUTE);
