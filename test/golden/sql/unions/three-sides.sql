-- input: deals.jsonl
-- schema: deals.schema.json
-- three sides merge by ROWTIME, and of one time in the order of the text
CREATE STREAM o (side_no INTEGER, sym VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM 1, sym FROM "SOURCE_SQL_STREAM_001" WHERE side = 'S' UNION ALL SELECT STREAM 2, sym FROM "SOURCE_SQL_STREAM_001"
UNION ALL SELECT STREAM 3, side FROM "SOURCE_SQL_STREAM_001" WHERE sym IS NULL;
