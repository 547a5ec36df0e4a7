-- input: ticks.jsonl
-- covers: quote in a quoted name, contextual keyword as a name
-- names in quotes keep their case and hold what they like; plain ones are in capitals; pump, step, stagger and started are names
CREATE OR REPLACE STREAM "my ""own"" stream" ("two words" VARCHAR(8), "Straße" INTEGER, step INTEGER, "select" DOUBLE, started BOOLEAN);
CREATE OR REPLACE PUMP "a-pump" AS INSERT INTO "my ""own"" stream" ("two words", "Straße", STEP, "select", Started)
SELECT STREAM k, "V", v, S."D", f FROM "SOURCE_SQL_STREAM_001" AS s WHERE "K" IS NOT NULL;
