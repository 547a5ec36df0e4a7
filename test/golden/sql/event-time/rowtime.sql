-- input: visits.jsonl
-- schema: visits.schema.json
-- windows of ROWTIME need no watermark and leave at their end
CREATE OR REPLACE STREAM "OUT" (who VARCHAR(8), we TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP out_pump AS INSERT INTO "OUT"
SELECT STREAM w."user", w.window_end, COUNT(*)
FROM TABLE(HOP(TABLE "SOURCE_SQL_STREAM_001", DESCRIPTOR(ROWTIME), INTERVAL '30' SECOND, INTERVAL '1' MINUTE)) AS w
GROUP BY w.window_end, w."user" HAVING COUNT(*) > 2;
