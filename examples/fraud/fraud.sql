-- Card fraud: five signs of it, each a stream of alerts.
--
-- Payments come in as "SOURCE_SQL_STREAM_001"; MERCHANTS is a reference table, which is read again when its file changes.
-- A window of OVER ends at the payment in hand, so an alert leaves at once, with the ROWTIME of that payment.


-- 1. Velocity: more than five payments of a card within five minutes.
CREATE OR REPLACE STREAM VELOCITY (CARD VARCHAR(16), PAYMENTS BIGINT, TOTAL DECIMAL(18,2));
CREATE OR REPLACE PUMP VELOCITY_PUMP AS
INSERT INTO VELOCITY (CARD, PAYMENTS, TOTAL)
SELECT STREAM v."card", v.PAYMENTS, v.TOTAL
FROM (
    SELECT STREAM p."card", COUNT(*) OVER recent AS PAYMENTS, SUM(p."amount") OVER recent AS TOTAL
    FROM "SOURCE_SQL_STREAM_001" AS p
    WINDOW recent AS (PARTITION BY p."card" RANGE INTERVAL '5' MINUTE PRECEDING)
) AS v
WHERE v.PAYMENTS > 5;


-- 2. Amounts: a payment of more than five times the mean of its card's other payments within an hour.
CREATE OR REPLACE STREAM AMOUNTS (CARD VARCHAR(16), AMOUNT DECIMAL(10,2), USUAL DECIMAL(10,2));
CREATE OR REPLACE PUMP AMOUNTS_PUMP AS
INSERT INTO AMOUNTS (CARD, AMOUNT, USUAL)
SELECT STREAM a."card", a."amount", (a.TOTAL - a."amount") / (a.N - 1)
FROM (
    SELECT STREAM p."card", p."amount", SUM(p."amount") OVER lately AS TOTAL, COUNT(*) OVER lately AS N
    FROM "SOURCE_SQL_STREAM_001" AS p
    WINDOW lately AS (PARTITION BY p."card" RANGE INTERVAL '1' HOUR PRECEDING)
) AS a
-- CASE keeps the first payment of a card from a division by zero.
WHERE CASE WHEN a.N > 5 THEN a."amount" > 5 * (a.TOTAL - a."amount") / (a.N - 1) ELSE FALSE END;


-- 3. Places: one card in two countries within a quarter of an hour. A join of the stream with itself: each payment meets those
--    of the last fifteen minutes.
CREATE OR REPLACE STREAM PLACES (CARD VARCHAR(16), COUNTRY VARCHAR(2), COUNTRY_BEFORE VARCHAR(2), SECONDS_BETWEEN BIGINT);
CREATE OR REPLACE PUMP PLACES_PUMP AS
INSERT INTO PLACES (CARD, COUNTRY, COUNTRY_BEFORE, SECONDS_BETWEEN)
SELECT STREAM p."card", p."country", b."country", TSDIFF(p.ROWTIME, b.ROWTIME) / 1000
FROM "SOURCE_SQL_STREAM_001" AS p
JOIN "SOURCE_SQL_STREAM_001" OVER (RANGE INTERVAL '15' MINUTE PRECEDING) AS b
  ON p."card" = b."card" AND p."country" <> b."country";


-- 4. Merchants of a high risk, by category and quarter of an hour. LEFT JOIN keeps payments to merchants that nobody knows.
CREATE OR REPLACE STREAM RISKY (CATEGORY VARCHAR(16), PAYMENTS BIGINT, CARDS BIGINT, TOTAL DECIMAL(18,2));
CREATE OR REPLACE PUMP RISKY_PUMP AS
INSERT INTO RISKY (CATEGORY, PAYMENTS, CARDS, TOTAL)
SELECT STREAM COALESCE(m.CATEGORY, 'unknown'), COUNT(*), COUNT(DISTINCT p."card"), SUM(p."amount")
FROM "SOURCE_SQL_STREAM_001" AS p
LEFT JOIN MERCHANTS AS m ON m.ID = p."merchant"
WHERE m.RISK >= 3 OR m.ID IS NULL
GROUP BY COALESCE(m.CATEGORY, 'unknown'), STEP(p.ROWTIME BY INTERVAL '15' MINUTE);


-- 5. Anomalies: what is unlike everything else, without a rule. The forest scores each payment by its amount and by how many
--    payments its card made in five minutes; about 1 is ordinary. The first 100 payments train it and score 0.
CREATE OR REPLACE STREAM ANOMALIES (CARD VARCHAR(16), AMOUNT DOUBLE, PAYMENTS BIGINT, SCORE DECIMAL(6,2));
CREATE OR REPLACE PUMP ANOMALIES_PUMP AS
INSERT INTO ANOMALIES (CARD, AMOUNT, PAYMENTS, SCORE)
SELECT STREAM f."card", f.AMOUNT, f.PAYMENTS, f.ANOMALY_SCORE
FROM TABLE(RANDOM_CUT_FOREST(
    CURSOR(
        SELECT STREAM p."card", CAST(p."amount" AS DOUBLE) AS AMOUNT,
               COUNT(*) OVER (PARTITION BY p."card" RANGE INTERVAL '5' MINUTE PRECEDING) AS PAYMENTS
        FROM "SOURCE_SQL_STREAM_001" AS p
    ),
    50, 100, 10000, 1)) AS f
WHERE f.ANOMALY_SCORE > 2.5;
