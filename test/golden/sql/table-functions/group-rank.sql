-- input: visits.jsonl
-- schema: visits.schema.json
-- ranks among the rows of one ROWTIME, the greatest first, two of each
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(8), v INTEGER, "groupRank" INTEGER);
CREATE OR REPLACE PUMP out_pump AS INSERT INTO "OUT"
SELECT STREAM "user", "v", "groupRank"
FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM "user", "v" FROM "SOURCE_SQL_STREAM_001"), 'v', 'groupRank', 'desc', 'asc', 10, 2));
