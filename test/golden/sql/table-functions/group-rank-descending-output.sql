-- input: deals.jsonl
-- schema: deals.schema.json
-- ranks ascending by a text, given out from the last rank to the first
CREATE OR REPLACE STREAM "OUT" (sym VARCHAR(8), place INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM g.sym, g.PLACE FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM sym FROM "SOURCE_SQL_STREAM_001" WHERE sym IS NOT NULL), 'SYM', 'PLACE', 'asc', 'desc', 0, 0)) AS g;
