-- input: devices.jsonl
-- schema: readings.schema.json
-- covers: JSON flattened array
-- mean temperature of each minute, over all elements
CREATE STREAM o (kind VARCHAR(8), mean DOUBLE, n BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.kind, AVG(s.v), COUNT(s.v) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.kind, FLOOR(s.ROWTIME TO MINUTE) HAVING COUNT(s.v) > 0;
