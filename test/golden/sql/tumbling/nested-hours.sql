-- input: deals.jsonl
-- schema: deals.schema.json
-- tens into minutes into the hour, by two more pumps: rows of 10:59:50 are known at 11:00, which is of the next hour
CREATE OR REPLACE STREAM tens (sym VARCHAR(8), n BIGINT);
CREATE OR REPLACE PUMP a AS INSERT INTO tens
SELECT STREAM t.sym, COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.sym, STEP(t.ROWTIME BY INTERVAL '10' SECOND);
CREATE OR REPLACE STREAM minutes (n BIGINT, groups BIGINT);
CREATE OR REPLACE PUMP b AS INSERT INTO minutes
SELECT STREAM SUM(t.n), COUNT(*) FROM tens AS t GROUP BY STEP(t.ROWTIME BY INTERVAL '1' MINUTE);
CREATE OR REPLACE STREAM hours (n BIGINT, minutes BIGINT);
CREATE OR REPLACE PUMP c AS INSERT INTO hours
SELECT STREAM SUM(m.n), COUNT(*) FROM minutes AS m GROUP BY FLOOR(m.ROWTIME TO HOUR);
