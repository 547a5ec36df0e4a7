-- input: amounts.jsonl
-- covers: STEP(n BY k)
-- the largest multiple that is not above, below zero too
CREATE STREAM results (id INTEGER, a INTEGER, b BIGINT, c INTEGER);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, STEP(i BY 5), STEP(b BY 100), STEP(j BY 1) FROM "SOURCE_SQL_STREAM_001" WHERE id NOT IN (3, 4);
