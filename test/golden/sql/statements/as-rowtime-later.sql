-- input: ticks.jsonl
-- covers: AS ROWTIME
-- times moved by a constant stay in order; the new time drives the windows of the next pump
CREATE STREAM moved (k VARCHAR(8));
CREATE PUMP p AS INSERT INTO moved SELECT STREAM s.ROWTIME + INTERVAL '30' SECOND AS ROWTIME, k FROM "SOURCE_SQL_STREAM_001" AS s;
CREATE STREAM counts (n BIGINT);
CREATE PUMP q AS INSERT INTO counts SELECT STREAM COUNT(*) FROM moved AS m GROUP BY FLOOR(m.ROWTIME TO MINUTE);
