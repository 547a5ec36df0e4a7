-- input: amounts.jsonl
-- covers: CAST that rounds
-- groups by whole numbers
CREATE STREAM results (whole INTEGER, n BIGINT);
CREATE PUMP p AS INSERT INTO results
SELECT STREAM CAST(s.q AS INTEGER), COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY CAST(s.q AS INTEGER), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
