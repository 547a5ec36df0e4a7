-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- a watermark at the greatest time itself: every row below it is late, an equal one is not
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (we TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
