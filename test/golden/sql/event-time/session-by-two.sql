-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- sessions of a visitor on a page, longer than one click
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(4), page VARCHAR(12), ws TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM who, page, window_start, COUNT(*)
FROM TABLE(SESSION(TABLE clicks PARTITION BY who, page, DESCRIPTOR(ts), INTERVAL '8' SECOND)) GROUP BY who, page, window_start, window_end HAVING COUNT(*) > 1;
