-- input: trades.jsonl
-- reference: countries=countries.jsonl
-- the stream on the right is kept; a table of JSON lines
CREATE STREAM o (name VARCHAR(20), ticker VARCHAR(5), price DOUBLE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM c.name, s.ticker, s.price FROM "countries" AS c RIGHT OUTER JOIN "SOURCE_SQL_STREAM_001" AS s ON SUBSTRING(s.ticker FROM 1 FOR 1) = SUBSTRING(c.code FROM 1 FOR 1) AND +s.price > +0.5 WHERE s.price IS NOT NULL;
