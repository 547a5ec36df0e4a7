-- input: batches.jsonl
-- covers: JSON RecordRowPath
-- clicks only
CREATE STREAM o (n INTEGER, name VARCHAR(10));
CREATE PUMP p AS INSERT INTO o SELECT STREAM n, name FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'click';
