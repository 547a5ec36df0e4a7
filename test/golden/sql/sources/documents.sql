-- input: documents.jsonl
-- covers: JSON several documents, JSON numbers
-- several documents in one record are rows each; what is no JSON, or no number, is an error and the rest goes on
CREATE STREAM o (id INTEGER, v INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, v FROM "SOURCE_SQL_STREAM_001";
