-- input: deals.jsonl
-- schema: deals.schema.json
-- results of OVER are filtered outside: buys at the highest price of the last minute
CREATE STREAM o (sym VARCHAR(8), price DECIMAL(10,2), n BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM q.sym, q.price, q.n
FROM (SELECT STREAM t.*, MAX(t.price) OVER w AS hi, COUNT(*) OVER w AS n FROM "SOURCE_SQL_STREAM_001" AS t WINDOW w AS (PARTITION BY t.sym RANGE INTERVAL '1' MINUTE PRECEDING)) AS q
WHERE q.price = q.hi AND q.side = 'B' AND q.n > 1;
