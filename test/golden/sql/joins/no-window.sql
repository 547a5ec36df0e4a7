-- input: purchases.jsonl
-- schema: purchases.schema.json
-- without windows only rows of one ROWTIME meet: the comma join of deployed programs
CREATE OR REPLACE STREAM orders (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO orders SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order';
CREATE OR REPLACE STREAM pays (id INTEGER, cust VARCHAR(8), amt INTEGER);
CREATE OR REPLACE PUMP pp AS INSERT INTO pays SELECT STREAM id, cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay';
CREATE OR REPLACE STREAM o (id INTEGER, a INTEGER, b INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM o.id, o.amt, p.amt FROM orders AS o, pays AS p WHERE o.ROWTIME = p.ROWTIME AND o.id = p.id;
