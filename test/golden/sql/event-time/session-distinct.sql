-- input: visits.jsonl
-- schema: visits.schema.json
-- event-time: ts
-- distinct values, and only some rows, of each window
CREATE OR REPLACE STREAM visits (who VARCHAR(8), ts TIMESTAMP, v INTEGER, d DOUBLE,
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '2' SECOND);
CREATE OR REPLACE PUMP visits_pump AS INSERT INTO visits
SELECT STREAM "user", "ts", "v", "d" FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(8), ws TIMESTAMP, we TIMESTAMP, n BIGINT, dv BIGINT, sv BIGINT, f BIGINT, fs DOUBLE, sd DOUBLE, ev BOOLEAN);
CREATE OR REPLACE PUMP out_pump AS INSERT INTO "OUT"
SELECT STREAM who, window_start, window_end, COUNT(*), COUNT(DISTINCT v), SUM(DISTINCT v), COUNT(*) FILTER (WHERE v > 1),
  SUM(d) FILTER (WHERE v > 1), STDDEV_POP(v), EVERY(v > 0)
FROM TABLE(SESSION(TABLE visits PARTITION BY who, DESCRIPTOR(ts), INTERVAL '4' SECOND))
GROUP BY window_start, window_end, who;
