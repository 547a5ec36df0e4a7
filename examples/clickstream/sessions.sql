-- Sessions and funnels: how far each visit of the shop came, in the time of the visitors' devices.
--
-- Kinesis Data Analytics has no session windows; this program uses the ones that millrace adds, in Flink's spelling. A watermark
-- says how far the devices' clocks have come: it waits ten seconds for events that are late, and ten minutes more for phones that
-- were offline. What comes after that is a row of the error stream.
CREATE OR REPLACE STREAM EVENTS (
    VISITOR    VARCHAR(64),
    EVENT_NAME VARCHAR(24),
    AMOUNT     DECIMAL(10,2),
    HAPPENED   TIMESTAMP,
    WATERMARK FOR HAPPENED AS HAPPENED - INTERVAL '10' SECOND
) OPTIONS (ALLOWED_LATENESS INTERVAL '10' MINUTE);
CREATE OR REPLACE PUMP EVENTS_PUMP AS
INSERT INTO EVENTS (VISITOR, EVENT_NAME, AMOUNT, HAPPENED)
SELECT STREAM s."user_pseudo_id", s."event_name", s."value", s."event_timestamp"
FROM "SOURCE_SQL_STREAM_001" AS s
WHERE s."user_pseudo_id" IS NOT NULL AND s."event_timestamp" IS NOT NULL;


-- 1. Sessions: a visitor's events until thirty minutes of silence. STEP is how far it came: 1 looked, 2 saw an item, 3 put one into
--    the cart, 4 began to pay, 5 paid.
CREATE OR REPLACE STREAM ENDED_SESSIONS (
    VISITOR VARCHAR(64), STARTED TIMESTAMP, SECONDS BIGINT, EVENTS BIGINT, FARTHEST INTEGER, SPENT DECIMAL(18,2));
CREATE OR REPLACE PUMP ENDED_PUMP AS
INSERT INTO ENDED_SESSIONS (VISITOR, STARTED, SECONDS, EVENTS, FARTHEST, SPENT)
SELECT STREAM VISITOR, WINDOW_START, TSDIFF(MAX(HAPPENED), MIN(HAPPENED)) / 1000, COUNT(*),
    MAX(CASE EVENT_NAME
        WHEN 'purchase' THEN 5 WHEN 'begin_checkout' THEN 4 WHEN 'add_to_cart' THEN 3 WHEN 'view_item' THEN 2 ELSE 1
    END),
    SUM(AMOUNT) FILTER (WHERE EVENT_NAME = 'purchase')
FROM TABLE(SESSION(TABLE EVENTS PARTITION BY VISITOR, DESCRIPTOR(HAPPENED), INTERVAL '30' MINUTE))
GROUP BY VISITOR, WINDOW_START, WINDOW_END;

-- A stream that a pump reads is a step on the way and no output; this one is for those who want the sessions themselves.
CREATE OR REPLACE STREAM SESSIONS (
    VISITOR VARCHAR(64), STARTED TIMESTAMP, SECONDS BIGINT, EVENTS BIGINT, FARTHEST INTEGER, SPENT DECIMAL(18,2));
CREATE OR REPLACE PUMP SESSIONS_PUMP AS INSERT INTO SESSIONS SELECT STREAM * FROM ENDED_SESSIONS;


-- 2. The funnel of the sessions that ended in an hour: how many came at least so far.
CREATE OR REPLACE STREAM SESSION_FUNNEL (
    ALL_SESSIONS BIGINT, SAW_AN_ITEM BIGINT, FILLED_A_CART BIGINT, BEGAN_TO_PAY BIGINT, PAID BIGINT, MONEY DECIMAL(18,2));
CREATE OR REPLACE PUMP SESSION_FUNNEL_PUMP AS
INSERT INTO SESSION_FUNNEL
SELECT STREAM COUNT(*),
    COUNT(*) FILTER (WHERE s.FARTHEST >= 2),
    COUNT(*) FILTER (WHERE s.FARTHEST >= 3),
    COUNT(*) FILTER (WHERE s.FARTHEST >= 4),
    COUNT(*) FILTER (WHERE s.FARTHEST >= 5),
    SUM(s.SPENT)
FROM ENDED_SESSIONS AS s
GROUP BY STEP(s.ROWTIME BY INTERVAL '1' HOUR);
