-- input: deals.jsonl
-- schema: deals.schema.json
-- staggered windows of a symbol, gathered by a second pump into tumbling windows of their ends
CREATE OR REPLACE STREAM parts (sym VARCHAR(8), n BIGINT);
CREATE OR REPLACE PUMP pp AS INSERT INTO parts
SELECT STREAM t.sym, COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS t WINDOWED BY STAGGER (PARTITION BY t.sym RANGE INTERVAL '10' SECOND);
CREATE OR REPLACE STREAM o (w TIMESTAMP, parts BIGINT, n BIGINT, most BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM FLOOR(q.ROWTIME TO MINUTE), COUNT(*), SUM(q.n), MAX(q.n) FROM parts AS q GROUP BY FLOOR(q.ROWTIME TO MINUTE);
