-- input: amounts.jsonl
-- MOD by zero is an error of its row
CREATE STREAM results (id INTEGER, a INTEGER);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, MOD(i, j) FROM "SOURCE_SQL_STREAM_001";
