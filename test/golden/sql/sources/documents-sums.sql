-- input: documents.jsonl
-- covers: JSON several documents
-- every document counts
CREATE STREAM o (n BIGINT, total BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM COUNT(*), SUM(s.v) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY FLOOR(s.ROWTIME TO HOUR);
