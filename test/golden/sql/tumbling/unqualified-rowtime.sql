-- input: deals.jsonl
-- schema: deals.schema.json
-- with one relation, ROWTIME in GROUP BY is its column
CREATE OR REPLACE STREAM o (sym VARCHAR(8), n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM sym, COUNT(*) FROM "SOURCE_SQL_STREAM_001" GROUP BY sym, FLOOR(ROWTIME TO MINUTE);
