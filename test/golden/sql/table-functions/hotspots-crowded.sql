-- input: sensors.jsonl
-- schema: sensors.schema.json
-- whether a reading lies in a crowd of linked neighbours
CREATE OR REPLACE STREAM "OUT" (temp DOUBLE, hum INTEGER, crowded BOOLEAN);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM temp, hum, POSITION('density' IN HOTSPOTS_RESULT) > 0
FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM temp, hum FROM "SOURCE_SQL_STREAM_001" WHERE temp IS NOT NULL), 100, 0.9, 10));
