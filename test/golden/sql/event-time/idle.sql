-- input: clicks-gap.jsonl
-- schema: clicks.schema.json
-- event-time: no, silence is silence of arrivals
-- after ten silent seconds event time goes on with the clock: windows close in the pause, and what comes back from before it is late
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND, IDLE_TIMEOUT INTERVAL '10' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (ws TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
