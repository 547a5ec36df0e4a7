-- Sensors: the same readings by the time of arrival and by the time of measurement.
--
-- Readings come in as "SOURCE_SQL_STREAM_001". ROWTIME is when one arrived; "measured" is when it was made, which may be a minute
-- or two before, and in another order.


-- 1. Smoothed temperatures: each reading with the mean of its sensor's last minute, and with a mean that forgets by half every
--    thirty seconds.
CREATE OR REPLACE STREAM SMOOTHED (DEVICE VARCHAR(8), CELSIUS DOUBLE, MEAN DOUBLE, FADING DOUBLE);
CREATE OR REPLACE PUMP SMOOTHED_PUMP AS
INSERT INTO SMOOTHED (DEVICE, CELSIUS, MEAN, FADING)
SELECT STREAM r."device", r."celsius", AVG(r."celsius") OVER minute_of, EXP_AVG(r."celsius", INTERVAL '30' SECOND) OVER minute_of
FROM "SOURCE_SQL_STREAM_001" AS r
WINDOW minute_of AS (PARTITION BY r."device" RANGE INTERVAL '1' MINUTE PRECEDING);


-- 2. By minute of measurement, as Kinesis Data Analytics does it: a stagger window opens with the first reading of a sensor and
--    minute, and takes what arrives within two minutes. What comes after that opens a window of its own: consumers add up.
CREATE OR REPLACE STREAM BY_MINUTE (DEVICE VARCHAR(8), MEASURED TIMESTAMP, READINGS BIGINT, HOTTEST DOUBLE);
CREATE OR REPLACE PUMP BY_MINUTE_PUMP AS
INSERT INTO BY_MINUTE (DEVICE, MEASURED, READINGS, HOTTEST)
SELECT STREAM r."device", FLOOR(r."measured" TO MINUTE), COUNT(*), MAX(r."celsius")
FROM "SOURCE_SQL_STREAM_001" AS r
WINDOWED BY STAGGER (PARTITION BY r."device", FLOOR(r."measured" TO MINUTE) RANGE INTERVAL '2' MINUTE);


-- 3. By time of measurement, as Flink does it: a watermark says how far the measurements have come. It waits thirty seconds, and
--    thirty more before a reading is late: then it is a row of the error stream. Windows of five minutes begin every minute.
CREATE OR REPLACE STREAM MEASURED_READINGS (
    DEVICE   VARCHAR(8),
    MEASURED TIMESTAMP,
    CELSIUS  DOUBLE,
    WATERMARK FOR MEASURED AS MEASURED - INTERVAL '30' SECOND
) OPTIONS (ALLOWED_LATENESS INTERVAL '30' SECOND);
CREATE OR REPLACE PUMP MEASURED_PUMP AS
INSERT INTO MEASURED_READINGS (DEVICE, MEASURED, CELSIUS)
SELECT STREAM r."device", r."measured", r."celsius" FROM "SOURCE_SQL_STREAM_001" AS r;

CREATE OR REPLACE STREAM FIVE_MINUTES (
    DEVICE VARCHAR(8), WINDOW_START TIMESTAMP, WINDOW_END TIMESTAMP, READINGS BIGINT, MEAN DOUBLE, HOTTEST DOUBLE);
CREATE OR REPLACE PUMP FIVE_MINUTES_PUMP AS
INSERT INTO FIVE_MINUTES
SELECT STREAM DEVICE, WINDOW_START, WINDOW_END, COUNT(*), AVG(CELSIUS), MAX(CELSIUS)
FROM TABLE(HOP(TABLE MEASURED_READINGS, DESCRIPTOR(MEASURED), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE))
GROUP BY DEVICE, WINDOW_START, WINDOW_END;


-- 4. Runs: from a sensor's first reading to a pause of two minutes. A machine that stood still has two.
CREATE OR REPLACE STREAM RUNS (DEVICE VARCHAR(8), STARTED TIMESTAMP, ENDED TIMESTAMP, READINGS BIGINT);
CREATE OR REPLACE PUMP RUNS_PUMP AS
INSERT INTO RUNS
SELECT STREAM DEVICE, WINDOW_START, WINDOW_END, COUNT(*)
FROM TABLE(SESSION(TABLE MEASURED_READINGS PARTITION BY DEVICE, DESCRIPTOR(MEASURED), INTERVAL '2' MINUTE))
GROUP BY DEVICE, WINDOW_START, WINDOW_END;


-- 5. Hot spots: where the points of vibration crowd together, looked for among the last 100 readings. A second crowd is a machine
--    that shakes in another way than it did.
CREATE OR REPLACE STREAM CROWDS (DEVICE VARCHAR(8), X DOUBLE, Y DOUBLE, CROWD VARCHAR(1024));
CREATE OR REPLACE PUMP CROWDS_PUMP AS
INSERT INTO CROWDS (DEVICE, X, Y, CROWD)
SELECT STREAM h."device", h."x", h."y", h.HOTSPOTS_RESULT
FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM r."device", r."x", r."y" FROM "SOURCE_SQL_STREAM_001" AS r), 100, 0.5, 15)) AS h
WHERE h."x" > 5 AND h.HOTSPOTS_RESULT <> '{"hotspots":[]}';
