-- input: deals.jsonl
-- schema: deals.schema.json
-- the same key twice within ten seconds: a stream with itself, a row never with itself
CREATE OR REPLACE STREAM o (sym VARCHAR(8), first_price DECIMAL(10,2), second_price DECIMAL(10,2));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM a.sym, a.price, b.price
FROM "SOURCE_SQL_STREAM_001" OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS a
JOIN "SOURCE_SQL_STREAM_001" AS b ON a.sym = b.sym AND a.price < b.price AND a.ROWTIME < b.ROWTIME;
