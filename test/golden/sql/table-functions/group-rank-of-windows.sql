-- input: deals.jsonl
-- schema: deals.schema.json
-- results of a window have one ROWTIME: the best three symbols of each, by their sum
CREATE OR REPLACE STREAM sums (sym VARCHAR(8), q INTEGER);
CREATE OR REPLACE PUMP sp AS INSERT INTO sums SELECT STREAM t.sym, SUM(t.qty) FROM "SOURCE_SQL_STREAM_001" AS t WHERE t.sym IS NOT NULL AND t.qty IS NOT NULL GROUP BY t.sym, FLOOR(t.ROWTIME TO MINUTE);
CREATE OR REPLACE STREAM "OUT" (sym VARCHAR(8), q INTEGER, "groupRank" INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM sym, q, "groupRank" FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM sym, q FROM sums), 'Q', 'groupRank', 'desc', 'asc', 0, 3));
