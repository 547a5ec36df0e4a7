-- input: purchases.jsonl
-- schema: purchases.schema.json
-- the last order with the last payment: ROWS CURRENT ROW on both sides meets across time
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (oid INTEGER, pid INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM o.id, p.id
FROM orders OVER (ROWS CURRENT ROW) AS o  JOIN pays OVER (ROWS CURRENT ROW) AS p ON TRUE;
