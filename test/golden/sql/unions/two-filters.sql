-- input: deals.jsonl
-- schema: deals.schema.json
-- a row that both sides take comes twice, the left side first
CREATE STREAM o (what VARCHAR(8), qty INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM 'cheap', qty FROM "SOURCE_SQL_STREAM_001" WHERE price < 12 UNION ALL SELECT STREAM 'many', qty FROM "SOURCE_SQL_STREAM_001" WHERE qty > 40;
