-- input: sensors.jsonl
-- schema: sensors.schema.json
-- with every parameter left out 256 rows are training: sixty rows have no score
CREATE OR REPLACE STREAM "OUT" (temp DOUBLE, score DOUBLE);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM temp, ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM temp FROM "SOURCE_SQL_STREAM_001" WHERE temp IS NOT NULL)));
