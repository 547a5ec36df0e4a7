-- input: sensors.jsonl
-- schema: sensors.schema.json
-- readings more than two deviations from the mean of their device's last minute: OVER inside, WHERE outside
CREATE OR REPLACE STREAM o (dev VARCHAR(4), temp DOUBLE, mean DOUBLE);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM q.dev, q.temp, q.mean
FROM (SELECT STREAM s.dev, s.temp, AVG(s.temp) OVER w AS mean, STDDEV_POP(s.temp) OVER w AS sd FROM "SOURCE_SQL_STREAM_001" AS s
  WINDOW w AS (PARTITION BY s.dev RANGE INTERVAL '1' MINUTE PRECEDING)) AS q
WHERE ABS(q.temp - q.mean) > 2 * q.sd;
