-- input: visits.jsonl
-- schema: visits.schema.json
-- every row passes, with the crowded place that it lies in
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(8), v INTEGER, d DOUBLE, found VARCHAR(4096));
CREATE OR REPLACE PUMP out_pump AS INSERT INTO "OUT"
SELECT STREAM "user", "v", "d", HOTSPOTS_RESULT
FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM "user", "v", "d" FROM "SOURCE_SQL_STREAM_001"), 100, 0.6, 5));
