-- input: purchases.jsonl
-- schema: purchases.schema.json
-- a comma join with its condition in WHERE, and a filter of one side beside it
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (id INTEGER, cust VARCHAR(8), b INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM o.id, o.cust, p.amt FROM orders OVER w AS o, pays OVER w AS p WHERE o.id = p.id AND o.cust IS NOT NULL AND p.amt > 10
WINDOW w AS (RANGE INTERVAL '1' MINUTE PRECEDING);
