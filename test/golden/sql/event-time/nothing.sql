-- input: empty.jsonl
-- schema: visits.schema.json
-- event-time: ts
-- no row gives no window
CREATE OR REPLACE STREAM visits (who VARCHAR(8), ts TIMESTAMP, v INTEGER, d DOUBLE,
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '2' SECOND);
CREATE OR REPLACE PUMP visits_pump AS INSERT INTO visits
SELECT STREAM "user", "ts", "v", "d" FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(8), ws TIMESTAMP, we TIMESTAMP, n BIGINT, s BIGINT, a INTEGER, d DOUBLE, lo INTEGER);
CREATE OR REPLACE PUMP out_pump AS INSERT INTO "OUT"
SELECT STREAM who, window_start, window_end, COUNT(*), SUM(v), AVG(v), SUM(d), MIN(v)
FROM TABLE(HOP(TABLE visits, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '30' SECOND))
GROUP BY window_start, window_end, who;
