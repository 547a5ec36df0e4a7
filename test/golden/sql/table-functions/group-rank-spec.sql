-- input: spec-rank.jsonl
-- schema: spec-rank.schema.json
-- the example of the specification: 4, 9, 9, 1 at one ROWTIME
CREATE OR REPLACE STREAM "OUT" (n INTEGER, r INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM n, R FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM n FROM "SOURCE_SQL_STREAM_001"), 'N', 'R', 'desc', 'asc', 0, 3));
