-- input: amounts.jsonl
-- covers: CAST that rounds, CAST to text
-- halves of both signs, and scales that shrink
CREATE STREAM results (id INTEGER, a INTEGER, b DECIMAL(9,1), c VARCHAR(20), d DECIMAL(4,0));
CREATE PUMP p AS INSERT INTO results
SELECT STREAM id, CAST(ti / 2.0 AS INTEGER), CAST(q AS DECIMAL(9,1)), CAST(CAST(q AS DECIMAL(9,3)) AS VARCHAR(20)), CAST(ti * 0.5 AS DECIMAL(4,0)) FROM "SOURCE_SQL_STREAM_001";
