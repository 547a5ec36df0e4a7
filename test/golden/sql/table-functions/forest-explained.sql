-- input: sensors.jsonl
-- schema: sensors.schema.json
-- what made the score, by column: shares add up to the score, and the directions are told
CREATE OR REPLACE STREAM "OUT" (dev VARCHAR(4), temp DOUBLE, score DOUBLE, why VARCHAR(1024));
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM dev, temp, ANOMALY_SCORE, ANOMALY_EXPLANATION
FROM TABLE(RANDOM_CUT_FOREST_WITH_EXPLANATION(CURSOR(SELECT STREAM dev, temp, hum FROM "SOURCE_SQL_STREAM_001" WHERE temp IS NOT NULL), 20, 16, 1000, 1, TRUE));
