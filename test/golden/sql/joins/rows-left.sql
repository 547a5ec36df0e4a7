-- input: purchases.jsonl
-- schema: purchases.schema.json
-- the last three orders for each payment, whatever their age: ROWS 2 PRECEDING is three rows
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (oid INTEGER, pid INTEGER, a INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM o.id, p.id, o.amt
FROM orders OVER (ROWS 2 PRECEDING) AS o  JOIN pays AS p ON o.amt >= p.amt;
