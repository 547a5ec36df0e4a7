-- input: deals.jsonl
-- schema: deals.schema.json
-- the spelling of the documentation for an hour without its far end
CREATE OR REPLACE STREAM o (n BIGINT, n_closed BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM COUNT(*) OVER (RANGE INTERVAL '59:59.999' MINUTE TO SECOND(3) PRECEDING), COUNT(*) OVER (RANGE INTERVAL '1' HOUR PRECEDING)
FROM "SOURCE_SQL_STREAM_001" AS t WHERE t.sym = 'ACME' OR t.sym IS NULL;
