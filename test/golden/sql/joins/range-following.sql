-- input: purchases.jsonl
-- schema: purchases.schema.json
-- FOLLOWING: payments up to twelve seconds after their order
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (id INTEGER, a INTEGER, b INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM o.id, o.amt, p.amt
FROM orders  AS o  JOIN pays OVER (RANGE INTERVAL '12' SECOND FOLLOWING) AS p ON o.id = p.id;
