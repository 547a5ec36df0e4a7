-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- groups of a window leave in the order in which they were first seen, NULL among the keys
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(4), wt TIMESTAMP, n BIGINT, pages BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM w.who, w.window_time, COUNT(*), COUNT(DISTINCT w.page)
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' SECOND)) AS w GROUP BY w.who, w.window_start, w.window_end, w.window_time;
