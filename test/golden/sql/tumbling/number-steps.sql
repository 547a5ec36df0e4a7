-- input: amounts.jsonl
-- windows over a number that rises: each hundred ids is one, which the promise of MONOTONIC allows
CREATE STREAM o (from_id INTEGER, n BIGINT, last_id INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM STEP(MONOTONIC(s.id) BY 5), COUNT(*), MAX(s.id) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(MONOTONIC(s.id) BY 5);
