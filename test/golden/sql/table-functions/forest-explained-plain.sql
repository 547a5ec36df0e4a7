-- input: sensors.jsonl
-- schema: sensors.schema.json
-- without directions an explanation has the attribution alone
CREATE OR REPLACE STREAM "OUT" (temp DOUBLE, why VARCHAR(1024));
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM temp, ANOMALY_EXPLANATION
FROM TABLE(RANDOM_CUT_FOREST_WITH_EXPLANATION(CURSOR(SELECT STREAM temp, hum FROM "SOURCE_SQL_STREAM_001" WHERE temp IS NOT NULL), 20, 16, 1000, 1)) WHERE temp > 70 OR hum > 90;
