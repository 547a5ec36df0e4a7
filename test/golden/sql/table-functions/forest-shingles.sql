-- input: sensors.jsonl
-- schema: sensors.schema.json
-- four readings form one point: no score until there are so many, and none in training
CREATE OR REPLACE STREAM "OUT" (temp DOUBLE, scored BOOLEAN);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM temp, ANOMALY_SCORE > 0 FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM temp FROM "SOURCE_SQL_STREAM_001" WHERE temp IS NOT NULL), 30, 12, 1000, 4));
