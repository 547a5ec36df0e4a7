-- input: sensors.jsonl
-- schema: sensors.schema.json
-- a reading without a value is scored as the column's mean, and passes as NULL
CREATE OR REPLACE STREAM "OUT" (temp DOUBLE, n BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM q.temp, COUNT(q.score) OVER (ROWS UNBOUNDED PRECEDING) FROM (SELECT STREAM temp, ANOMALY_SCORE AS score FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM temp, hum FROM "SOURCE_SQL_STREAM_001"), 20, 10, 1000, 1))) AS q;
