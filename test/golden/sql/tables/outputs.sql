-- input: trades.jsonl
-- reference: COMPANIES=companies.csv
-- covers: several outputs, readers of one stream
-- keys of the output are the names as they are stored, in their order; NULL is null; times have milliseconds
CREATE STREAM "Out" ("b" VARCHAR(5), "A" DECIMAL(6,2), at_time TIMESTAMP, "day" DATE, "time" TIME, flag BOOLEAN, big BIGINT, "bin" VARBINARY(2));
CREATE PUMP p AS INSERT INTO "Out" SELECT STREAM s.ticker, s.qty, s.ROWTIME, CAST(s.ROWTIME AS DATE), CAST(s.ROWTIME AS TIME), s.qty > 3, 9007199254740993, X'FFFE' FROM "SOURCE_SQL_STREAM_001" AS s;
CREATE STREAM joined ("Company" VARCHAR(20));
CREATE PUMP q AS INSERT INTO joined SELECT STREAM c.company FROM "SOURCE_SQL_STREAM_001" AS s JOIN companies AS c ON s.ticker = c.ticker;
