-- input: purchases.jsonl
-- schema: purchases.schema.json
-- what was paid within a minute of ordering, by the minute in which it was known
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM paid (cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP jp AS INSERT INTO paid
SELECT STREAM o.cust, p.amt FROM orders OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS o JOIN pays AS p ON o.id = p.id;
CREATE OR REPLACE STREAM o (cust VARCHAR(8), n BIGINT, s INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM q.cust, COUNT(*), SUM(q.amt) FROM paid AS q GROUP BY q.cust, FLOOR(q.ROWTIME TO MINUTE);
