-- input: batches.jsonl
-- covers: JSON RecordRowPath, JSON nested path
-- kinds by minute
CREATE STREAM o (kind VARCHAR(10), n BIGINT, total BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.kind, COUNT(*), SUM(s.n) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.kind, FLOOR(s.ROWTIME TO HOUR);
