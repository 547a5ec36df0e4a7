-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- rows exactly on an edge are of the later window; exactly at the bound they are in time, a millisecond below it late; exactly MAX_AHEAD is not ahead
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (ws TIMESTAMP, n BIGINT, s BIGINT, first_page VARCHAR(12));
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM window_start, COUNT(*), SUM(ms), MIN(page)
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
