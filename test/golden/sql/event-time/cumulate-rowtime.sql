-- input: clicks.jsonl
-- schema: clicks.schema.json
-- by ROWTIME, without any watermark: results leave at their ends
CREATE OR REPLACE STREAM "OUT" (we TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM window_end, COUNT(*) FROM TABLE(CUMULATE(TABLE "SOURCE_SQL_STREAM_001", DESCRIPTOR(ROWTIME), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) GROUP BY window_start, window_end;
