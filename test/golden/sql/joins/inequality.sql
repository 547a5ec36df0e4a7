-- input: purchases.jsonl
-- schema: purchases.schema.json
-- no equality at all: payments smaller than an order of the last twenty seconds, by another customer
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (a VARCHAR(8), b VARCHAR(8), d INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM o.cust, p.cust, o.amt - p.amt
FROM orders OVER (RANGE INTERVAL '20' SECOND PRECEDING) AS o  JOIN pays AS p ON o.amt > p.amt AND o.cust <> p.cust;
