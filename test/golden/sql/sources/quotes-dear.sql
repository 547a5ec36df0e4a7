-- input: quotes.csv
-- covers: CSV several rows in a record, CSV delimiter of several characters
-- prices above a hundred
CREATE STREAM o (ticker VARCHAR(4), price DOUBLE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM ticker, price FROM "SOURCE_SQL_STREAM_001" WHERE price > 100;
