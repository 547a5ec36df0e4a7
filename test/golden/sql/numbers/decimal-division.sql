-- input: amounts.jsonl
-- covers: DECIMAL arithmetic, mixed numeric kinds, DECIMAL of 18 digits
-- at least six digits behind the point; 5.0 / 2 has twelve
CREATE STREAM quotients (id INTEGER, five DECIMAL(18,12), by_three DECIMAL(18,6), dbl DOUBLE);
CREATE PUMP p AS INSERT INTO quotients
SELECT STREAM id, 5.0 / 2, q / 4.0, q / d FROM "SOURCE_SQL_STREAM_001" WHERE d <> 0;
