-- input: deals.jsonl
-- schema: deals.schema.json
-- the function is a relation: its rows are filtered, computed with and counted again
CREATE OR REPLACE STREAM "OUT" (w TIMESTAMP, items BIGINT, n BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM FLOOR(t.ROWTIME TO HOUR), COUNT(*), SUM(t.ITEM_COUNT) FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM sym FROM "SOURCE_SQL_STREAM_001"), 'SYM', 1, 10)) AS t
WHERE t.ITEM <> 'INIT' GROUP BY FLOOR(t.ROWTIME TO HOUR);
