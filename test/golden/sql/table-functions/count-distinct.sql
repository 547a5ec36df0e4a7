-- input: visits.jsonl
-- schema: visits.schema.json
-- different values of each 20 s; a window of NULLs alone has no row
CREATE OR REPLACE STREAM "OUT" (n BIGINT);
CREATE OR REPLACE PUMP out_pump AS INSERT INTO "OUT"
SELECT STREAM NUMBER_OF_DISTINCT_ITEMS
FROM TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(CURSOR(SELECT STREAM "v" AS amount FROM "SOURCE_SQL_STREAM_001"), 'AMOUNT', 20));
