-- input: deals.jsonl
-- schema: deals.schema.json
-- a moving mean of the last three minutes' results: the outer window counts results, not rows
CREATE OR REPLACE STREAM minutes (sym VARCHAR(8), q BIGINT);
CREATE OR REPLACE PUMP mp AS INSERT INTO minutes
SELECT STREAM t.sym, SUM(t.qty) FROM "SOURCE_SQL_STREAM_001" AS t WHERE t.sym IS NOT NULL GROUP BY t.sym, FLOOR(t.ROWTIME TO MINUTE);
CREATE OR REPLACE STREAM o (sym VARCHAR(8), q BIGINT, mean BIGINT, in_hour BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM m.sym, m.q, AVG(m.q) OVER (PARTITION BY m.sym ROWS 2 PRECEDING), SUM(m.q) OVER (PARTITION BY m.sym RANGE INTERVAL '1' HOUR PRECEDING) FROM minutes AS m;
