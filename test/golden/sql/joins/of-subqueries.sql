-- input: purchases.jsonl
-- schema: purchases.schema.json
-- windows over derived streams: filtered, renamed and computed before they meet
CREATE OR REPLACE STREAM o (id INTEGER, rest INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM a.id, a.cents - b.cents
FROM (SELECT STREAM id, amt * 100 AS cents FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order') OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS a
JOIN (SELECT STREAM id, amt * 100 AS cents FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay' AND amt IS NOT NULL) AS b ON a.id = b.id;
