-- input: orders.csv
-- covers: CSV quoted field, CSV missing trailing field
-- sums of the rows that can be read
CREATE STREAM o (paid BOOLEAN, n BIGINT, total DECIMAL(18,2), names VARCHAR(10));
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.paid, COUNT(*), SUM(s.price), MAX(s.name) FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.id < 5 GROUP BY s.paid, FLOOR(s.ROWTIME TO HOUR);
