-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: TS
-- two windows over one stream: a late row is judged once, at its entry
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM tens (ws TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP tp AS INSERT INTO tens SELECT STREAM window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
CREATE OR REPLACE STREAM pages (page VARCHAR(12), n BIGINT);
CREATE OR REPLACE PUMP pp AS INSERT INTO pages SELECT STREAM page, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY page, window_start, window_end;
