-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- only windows in which somebody was busy; HAVING and items over the same aggregate
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(4), we TIMESTAMP, n BIGINT, mean DOUBLE);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM who, window_end, COUNT(*), AVG(CAST(ms AS DOUBLE))
FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY who, window_start, window_end HAVING COUNT(*) >= 3 OR MAX(ms) > 300;
