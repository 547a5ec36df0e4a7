-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- every row in four windows of twenty seconds, one each five
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (ws TIMESTAMP, we TIMESTAMP, n BIGINT, lo INTEGER, hi INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM window_start, window_end, COUNT(*), MIN(ms), MAX(ms)
FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
