-- input: sensors.jsonl
-- schema: sensors.schema.json
-- one row a reading, 0 while the forest is trained; readings pass through with their score
CREATE OR REPLACE STREAM "OUT" (dev VARCHAR(4), temp DOUBLE, hum INTEGER, trained BOOLEAN, high BOOLEAN);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM dev, temp, hum, ANOMALY_SCORE > 0, ANOMALY_SCORE > 2
FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM dev, temp, hum FROM "SOURCE_SQL_STREAM_001" WHERE temp IS NOT NULL), 100, 20, 10000, 1));
