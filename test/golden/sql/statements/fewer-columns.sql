-- input: ticks.jsonl
-- covers: INSERT of fewer columns, assignment that converts
-- without a list the first columns are meant
CREATE STREAM o (a VARCHAR(8), b DOUBLE, c INTEGER);
CREATE PUMP p AS INSERT EXPEDITED INTO o SELECT STREAM k, v FROM "SOURCE_SQL_STREAM_001";
