-- input: purchases.jsonl
-- schema: purchases.schema.json
-- three orders and two payments of one customer within a minute make their product
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (cust VARCHAR(8), oid INTEGER, pid INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM o.cust, o.id, p.id
FROM orders OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS o  JOIN pays OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS p ON o.cust = p.cust;
