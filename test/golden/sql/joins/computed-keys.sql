-- input: purchases.jsonl
-- schema: purchases.schema.json
-- keys that are computed on either side, and a condition over both
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (oid INTEGER, pid INTEGER, a INTEGER, b INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM o.id, p.id, o.amt, p.amt
FROM orders OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS o  JOIN pays OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS p ON MOD(o.id, 4) = p.id - 4 * (p.id / 4) AND UPPER(o.cust) = UPPER(p.cust) AND o.amt + p.amt > 30;
