-- input: purchases.jsonl
-- schema: purchases.schema.json
-- order, payment and shipment in one chain: the second join is over what the first one gave
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM ships (id INTEGER, cust VARCHAR(8));
CREATE OR REPLACE PUMP sp AS INSERT INTO ships SELECT STREAM id, cust FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'ship';
CREATE OR REPLACE STREAM paid (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP jp AS INSERT INTO paid
SELECT STREAM o.id, o.cust, p.amt FROM orders OVER (RANGE INTERVAL '15' SECOND PRECEDING) AS o JOIN pays AS p ON o.id = p.id;
CREATE OR REPLACE STREAM o (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM s.id, q.cust, q.amt FROM ships AS s LEFT JOIN paid OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS q ON s.id = q.id;
