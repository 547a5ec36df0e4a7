-- input: amounts.jsonl
-- BIGINT is exact to its last digit and fails beyond it
CREATE STREAM results (id INTEGER, plus BIGINT, minus BIGINT, twice BIGINT);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, b + 1, b - 1, b * 2 FROM "SOURCE_SQL_STREAM_001";
