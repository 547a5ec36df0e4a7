-- input: deals.jsonl
-- schema: deals.schema.json
-- rows of one ROWTIME by quantity, largest first, one of each; the result column keeps its case
CREATE OR REPLACE STREAM "OUT" (sym VARCHAR(8), qty INTEGER, "rank" INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM sym, qty, "rank" FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM sym, qty FROM "SOURCE_SQL_STREAM_001" WHERE qty IS NOT NULL), 'QTY', 'rank', 'desc', 'asc', 0, 1));
