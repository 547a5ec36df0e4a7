-- input: purchases.jsonl
-- schema: purchases.schema.json
-- a payment meets the orders of the last ten seconds, or stands alone at once
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (id INTEGER, a INTEGER, b INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM p.id, o.amt, p.amt
FROM orders OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS o RIGHT OUTER JOIN pays AS p ON o.id = p.id;
