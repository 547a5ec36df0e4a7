-- input: amounts.jsonl
-- covers: DECIMAL of 18 digits, DECIMAL arithmetic
-- 19 digits do not fit
CREATE STREAM results (id INTEGER, p DECIMAL(18,2));
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, p + p FROM "SOURCE_SQL_STREAM_001";
