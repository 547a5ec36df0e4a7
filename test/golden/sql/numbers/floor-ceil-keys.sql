-- input: amounts.jsonl
-- groups by whole tens
CREATE STREAM results (tens DOUBLE, n BIGINT, top DECIMAL(18,0));
CREATE PUMP p AS INSERT INTO results
SELECT STREAM FLOOR(s.d / 10), COUNT(*), MAX(CEIL(s.q)) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY FLOOR(s.d / 10), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
