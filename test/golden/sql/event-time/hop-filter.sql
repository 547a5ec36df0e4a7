-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- FILTER, DISTINCT and truth over sliding windows of event time
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (we TIMESTAMP, n BIGINT, shops BIGINT, slow BIGINT, users BIGINT, cart_ms INTEGER, fast BOOLEAN, any_null BOOLEAN);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM window_end, COUNT(*), COUNT(*) FILTER (WHERE page = 'shop'), COUNT(ms) FILTER (WHERE ms > 100), COUNT(DISTINCT who), SUM(ms) FILTER (WHERE page IN ('cart', 'pay')), EVERY(ms < 300), ANY(page IS NULL)
FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '30' SECOND)) GROUP BY window_start, window_end;
