-- input: amounts.jsonl
-- 64 bits, exact where a DOUBLE is not
CREATE STREAM results (id INTEGER, plus BIGINT, half BIGINT, negated BIGINT, odd BIGINT);
CREATE PUMP p AS INSERT INTO results
SELECT STREAM id, b + 1, b / 2, -b, MOD(b, 1000) FROM "SOURCE_SQL_STREAM_001" WHERE b > -9223372036854775807 AND b < 9223372036854775807;
