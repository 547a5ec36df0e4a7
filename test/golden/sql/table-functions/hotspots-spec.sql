-- input: spec-hot.jsonl
-- schema: spec-hot.schema.json
-- the example of the specification: 25 points in [1,2] x [1,2] are one hotspot of density 25
CREATE OR REPLACE STREAM "OUT" (x DOUBLE, found VARCHAR(1024));
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM x, HOTSPOTS_RESULT FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM x, y FROM "SOURCE_SQL_STREAM_001"), 100, 0.5, 20));
