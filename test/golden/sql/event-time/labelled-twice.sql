-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: no, the second watermark goes by the order of results
-- a second watermark behind the first: results of a window carry their start as an event time of their own
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM fives (who VARCHAR(4), ws TIMESTAMP, n BIGINT, WATERMARK FOR ws AS ws);
CREATE OR REPLACE PUMP fp AS INSERT INTO fives SELECT STREAM who, window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY who, window_start, window_end;
CREATE OR REPLACE STREAM "OUT" (ws TIMESTAMP, n BIGINT, users BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT" SELECT STREAM window_start, SUM(n), COUNT(*) FROM TABLE(TUMBLE(TABLE fives, DESCRIPTOR(ws), INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
