-- input: amounts.jsonl
-- the sign of the dividend
CREATE STREAM results (id INTEGER, a INTEGER, b BIGINT, c SMALLINT);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, MOD(i, 5), MOD(b, 7), MOD(si, -3) FROM "SOURCE_SQL_STREAM_001";
