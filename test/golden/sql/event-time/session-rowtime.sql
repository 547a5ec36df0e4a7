-- input: deals.jsonl
-- schema: deals.schema.json
-- sessions of arrival: pauses of less than a minute, each known when the minute has passed
CREATE OR REPLACE STREAM "OUT" (sym VARCHAR(8), ws TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM sym, window_start, COUNT(*) FROM TABLE(SESSION(TABLE "SOURCE_SQL_STREAM_001" PARTITION BY sym, DESCRIPTOR(ROWTIME), INTERVAL '1' MINUTE)) GROUP BY sym, window_start, window_end;
