-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- without GROUP BY: the window beside each row, at the row's own time
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (page VARCHAR(12), ws TIMESTAMP, we TIMESTAMP, wt TIMESTAMP);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM page, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND));
