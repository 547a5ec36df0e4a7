-- input: quotes.csv
-- covers: CSV several rows in a record, CSV delimiter of several characters
-- mean price of each ticker
CREATE STREAM o (ticker VARCHAR(4), mean DOUBLE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.ticker, AVG(s.price) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.ticker, FLOOR(s.ROWTIME TO HOUR) HAVING COUNT(s.price) > 0;
