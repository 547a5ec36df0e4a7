-- input: values.jsonl
-- schema: values-binary.schema.json
-- covers: JSON BINARY
-- groups by bytes
CREATE STREAM o (x VARBINARY(4), n BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.x, COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.x, FLOOR(s.ROWTIME TO HOUR);
