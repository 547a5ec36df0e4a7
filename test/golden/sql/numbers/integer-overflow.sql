-- input: amounts.jsonl
-- a sum, difference or product that does not fit its kind is an error of its row
CREATE STREAM results (id INTEGER, plus INTEGER, times INTEGER);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, i + 1, i * i FROM "SOURCE_SQL_STREAM_001" WHERE i IS NOT NULL;
