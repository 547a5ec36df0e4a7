-- input: orders.csv
-- covers: CSV quoted field, CSV missing trailing field
-- orders without a date
CREATE STREAM o (id INTEGER, name VARCHAR(10));
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, name FROM "SOURCE_SQL_STREAM_001" WHERE due IS NULL OR name LIKE '%"%';
