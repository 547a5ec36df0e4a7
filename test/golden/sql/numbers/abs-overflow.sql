-- input: amounts.jsonl
-- what has no positive counterpart in its kind is an error of its row
CREATE STREAM results (id INTEGER, a INTEGER);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, ABS(i) + ABS(ti) FROM "SOURCE_SQL_STREAM_001" WHERE id IN (1, 2, 4);
