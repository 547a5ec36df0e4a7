-- input: batches.jsonl
-- covers: JSON RecordRowPath, JSON several documents, JSON missing element
-- each element of the list is a row, with paths from there; no list is an error or a row of its own, as the mapping says
CREATE STREAM o (kind VARCHAR(10), n INTEGER, name VARCHAR(10));
CREATE PUMP p AS INSERT INTO o SELECT STREAM kind, n, name FROM "SOURCE_SQL_STREAM_001";
