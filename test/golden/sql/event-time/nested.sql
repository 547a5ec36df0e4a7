-- input: clicks.jsonl
-- schema: clicks.schema.json
-- event-time: no, the second window goes by the ROWTIME of results
-- windows of event time over five seconds, their results gathered by arrival of the results
CREATE OR REPLACE STREAM clicks (who VARCHAR(4), page VARCHAR(12), ts TIMESTAMP, ms INTEGER,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) OPTIONS (ALLOWED_LATENESS INTERVAL '3' SECOND);
CREATE OR REPLACE PUMP cp AS INSERT INTO clicks SELECT STREAM who, page, ts, ms FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM fives (ws TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP fp AS INSERT INTO fives SELECT STREAM window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
CREATE OR REPLACE STREAM "OUT" (n BIGINT, windows BIGINT, most BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT" SELECT STREAM SUM(f.n), COUNT(*), MAX(f.n) FROM fives AS f GROUP BY STEP(f.ROWTIME BY INTERVAL '20' SECOND);
