-- input: purchases.jsonl
-- schema: purchases.schema.json
-- orders and payments at most ten seconds apart, whichever is first; ten seconds to the millisecond is in, a NULL id meets nobody
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (id INTEGER, a INTEGER, b INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM o.id, o.amt, p.amt
FROM orders OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS o  JOIN pays OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS p ON o.id = p.id;
