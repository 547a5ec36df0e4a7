-- input: orders.csv
-- covers: CSV quoted field, CSV missing trailing field
-- fields by order; quotes hide commas; trailing fields may be missing, and more than the schema has are left out
CREATE STREAM o (id INTEGER, name VARCHAR(10), price DECIMAL(9,2), paid BOOLEAN, due DATE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, name, price, paid, due FROM "SOURCE_SQL_STREAM_001";
