-- input: visits.jsonl
-- schema: visits.schema.json
-- event-time: ts
-- without GROUP BY each row comes once for every window that it lies in
CREATE OR REPLACE STREAM visits (who VARCHAR(8), ts TIMESTAMP, v INTEGER, d DOUBLE,
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '2' SECOND);
CREATE OR REPLACE PUMP visits_pump AS INSERT INTO visits
SELECT STREAM "user", "ts", "v", "d" FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(8), ts TIMESTAMP, ws TIMESTAMP, wt TIMESTAMP);
CREATE OR REPLACE PUMP out_pump AS INSERT INTO "OUT"
SELECT STREAM who, ts, window_start, window_time
FROM TABLE(HOP(TABLE visits, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND)) WHERE v > 2;
