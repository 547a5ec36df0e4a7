-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- a pause of exactly the gap makes two sessions, a millisecond less makes one
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(4), ws TIMESTAMP, we TIMESTAMP, n BIGINT, s INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM who, window_start, window_end, COUNT(*), SUM(ms)
FROM TABLE(SESSION(TABLE clicks PARTITION BY who, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY who, window_start, window_end;
