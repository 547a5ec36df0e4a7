-- input: deals.jsonl
-- schema: deals.schema.json
-- a window of 59.999 s that opens at 09:58:00 ends before 09:58:59.999, whose row opens the next
CREATE OR REPLACE STREAM o (sym VARCHAR(8), n BIGINT, first_at TIMESTAMP, last_at TIMESTAMP);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, COUNT(*), MIN(t.ROWTIME), MAX(t.ROWTIME)
FROM "SOURCE_SQL_STREAM_001" AS t WHERE t.sym = 'ACME'
WINDOWED BY STAGGER (PARTITION BY t.sym RANGE INTERVAL '59.999' SECOND(2,3));
