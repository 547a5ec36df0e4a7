-- input: amounts.jsonl
-- covers: STEP(n BY k)
-- steps of zero do not exist, and the least number has no multiple below it
CREATE STREAM results (id INTEGER, a INTEGER);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, STEP(i BY j) FROM "SOURCE_SQL_STREAM_001" WHERE j >= 0 OR i < -1000000;
