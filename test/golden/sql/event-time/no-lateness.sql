-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- the watermark alone: two seconds of delay, and what is older is late
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (we TIMESTAMP, n BIGINT, ms INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM window_end, COUNT(*), MAX(ms) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_end;
