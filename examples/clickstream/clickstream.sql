-- Clickstream analytics: views over the events of a shop, in the SQL of Kinesis Data Analytics.
--
-- Three things to know before reading.
--   1. The events come in as "SOURCE_SQL_STREAM_001". Its columns are declared in clicks.schema.json and are named as if quoted:
--      "page_path" keeps its lower case, and needs its quotes. Names without quotes are folded to upper case.
--   2. A STREAM is a place for rows; a PUMP is a query that never ends and fills one. Views are streams that are also outputs.
--   3. ROWTIME is when a row arrived, and never goes back. GROUP BY STEP(ROWTIME BY ...) is a window: when time has passed its end,
--      one row for each group comes out. The time that the visitor's device claims, "event_timestamp", is an ordinary column.


-- ---------------------------------------------------------------------------------------------------------------------------
-- First stage: what all views need, worked out once.
--
-- Events that are no JSON, or have a text where a number must be, never get here: they are rows of the error stream. An event of
-- another program is correct JSON without any of our columns: all of them are NULL. COALESCE gives it a name, so that the funnel
-- counts it with the others and nothing disappears.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM EVENTS (
    EVENT_NAME  VARCHAR(24),
    VISITOR     VARCHAR(32),
    SESSION_NO  INTEGER,
    PAGE        VARCHAR(128),
    SECTION     VARCHAR(16),
    REFERRER    VARCHAR(128),
    COUNTRY     VARCHAR(2),
    DEVICE      VARCHAR(16),
    STATUS      INTEGER,
    AMOUNT      DECIMAL(10,2),
    CURRENCY    VARCHAR(3),
    IS_LATE     INTEGER,
    IS_BOT      INTEGER
);

CREATE OR REPLACE PUMP EVENTS_PUMP AS
INSERT INTO EVENTS (
    EVENT_NAME, VISITOR, SESSION_NO, PAGE, SECTION, REFERRER, COUNTRY, DEVICE, STATUS, AMOUNT, CURRENCY, IS_LATE, IS_BOT)
SELECT STREAM
    COALESCE(s."event_name", 'unknown'),
    s."user_pseudo_id",
    s."session_number",
    s."page_path",
    CASE
        WHEN s."page_path" LIKE '/item/%'     THEN 'item'
        WHEN s."page_path" LIKE '/category/%' THEN 'category'
        WHEN s."page_path" = '/checkout'      THEN 'checkout'
        ELSE 'other'
    END,
    s."page_referrer",
    s."country",
    s."device",
    s."status",
    s."value",
    s."currency",
    -- a phone that was offline sends its events when it is back: they arrive now and happened minutes ago
    CASE WHEN s."event_timestamp" < s.ROWTIME - INTERVAL '1' MINUTE THEN 1 ELSE 0 END,
    CASE WHEN s."user_agent" LIKE 'curl/%' OR s."user_agent" LIKE '%bot%' THEN 1 ELSE 0 END
FROM "SOURCE_SQL_STREAM_001" AS s;


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 1: page views by device. LATE_VIEWS and BOT_VIEWS are counted among VIEWS.
--
-- SUM over a CASE counts the rows of one kind within the same pass.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM PAGE_VIEWS (
    WINDOW_START TIMESTAMP,
    DEVICE       VARCHAR(16),
    VIEWS        BIGINT,
    LATE_VIEWS   BIGINT,
    BOT_VIEWS    BIGINT
);

CREATE OR REPLACE PUMP PAGE_VIEWS_PUMP AS
INSERT INTO PAGE_VIEWS (WINDOW_START, DEVICE, VIEWS, LATE_VIEWS, BOT_VIEWS)
SELECT STREAM
    STEP(e.ROWTIME BY INTERVAL '5' SECOND),
    e.DEVICE,
    COUNT(*),
    SUM(e.IS_LATE),
    SUM(e.IS_BOT)
FROM EVENTS AS e
WHERE e.EVENT_NAME = 'page_view'
GROUP BY e.DEVICE, STEP(e.ROWTIME BY INTERVAL '5' SECOND);

-- The same by minute, made from the finished windows instead of the events: pumps can be chained.
-- A row of PAGE_VIEWS carries the END of its window as ROWTIME. So the last five seconds of a minute come at the full minute,
-- and FLOOR would put them into the next one. CEIL keeps a row that is exactly on the boundary with the rows before it.
CREATE OR REPLACE STREAM PAGE_VIEWS_BY_MINUTE (
    MINUTE_END TIMESTAMP,
    VIEWS      BIGINT,
    PEAK       BIGINT
);

CREATE OR REPLACE PUMP PAGE_VIEWS_BY_MINUTE_PUMP AS
INSERT INTO PAGE_VIEWS_BY_MINUTE (MINUTE_END, VIEWS, PEAK)
SELECT STREAM CEIL(p.ROWTIME TO MINUTE), SUM(p.VIEWS), MAX(p.VIEWS)
FROM PAGE_VIEWS AS p
GROUP BY CEIL(p.ROWTIME TO MINUTE);


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 2: how often each page was seen, people only. Whoever shows it takes the largest; a stream has no end to sort.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM TOP_PAGES (
    WINDOW_START TIMESTAMP,
    PAGE         VARCHAR(128),
    SECTION      VARCHAR(16),
    VIEWS        BIGINT
);

CREATE OR REPLACE PUMP TOP_PAGES_PUMP AS
INSERT INTO TOP_PAGES (WINDOW_START, PAGE, SECTION, VIEWS)
SELECT STREAM STEP(e.ROWTIME BY INTERVAL '10' SECOND), e.PAGE, e.SECTION, COUNT(*)
FROM EVENTS AS e
WHERE e.EVENT_NAME = 'page_view' AND e.STATUS < 400 AND e.IS_BOT = 0
GROUP BY e.PAGE, e.SECTION, STEP(e.ROWTIME BY INTERVAL '10' SECOND);


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 3: the funnel. One row for each event name and window, so that all counts together are all events that could be read.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM FUNNEL (
    WINDOW_START TIMESTAMP,
    EVENT_NAME   VARCHAR(24),
    EVENTS       BIGINT,
    LATE_EVENTS  BIGINT
);

CREATE OR REPLACE PUMP FUNNEL_PUMP AS
INSERT INTO FUNNEL (WINDOW_START, EVENT_NAME, EVENTS, LATE_EVENTS)
SELECT STREAM STEP(e.ROWTIME BY INTERVAL '5' SECOND), e.EVENT_NAME, COUNT(*), SUM(e.IS_LATE)
FROM EVENTS AS e
GROUP BY e.EVENT_NAME, STEP(e.ROWTIME BY INTERVAL '5' SECOND);


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 4: revenue by currency. DECIMAL adds exactly; with DOUBLE the cents would drift.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM REVENUE (
    WINDOW_START  TIMESTAMP,
    CURRENCY      VARCHAR(3),
    ORDERS        BIGINT,
    REVENUE       DECIMAL(18,2),
    LARGEST_ORDER DECIMAL(10,2),
    AVERAGE_ORDER DECIMAL(18,2)
);

CREATE OR REPLACE PUMP REVENUE_PUMP AS
INSERT INTO REVENUE (WINDOW_START, CURRENCY, ORDERS, REVENUE, LARGEST_ORDER, AVERAGE_ORDER)
SELECT STREAM
    STEP(e.ROWTIME BY INTERVAL '5' SECOND),
    e.CURRENCY,
    COUNT(*),
    SUM(e.AMOUNT),
    MAX(e.AMOUNT),
    AVG(e.AMOUNT)
FROM EVENTS AS e
WHERE e.EVENT_NAME = 'purchase'
GROUP BY e.CURRENCY, STEP(e.ROWTIME BY INTERVAL '5' SECOND);


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 5: pages that failed, by status. A dead link is the visitor's 4xx, a broken page is our 5xx, and 429 is a bot held back.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM ERRORS (
    WINDOW_START TIMESTAMP,
    PAGE         VARCHAR(128),
    STATUS       INTEGER,
    FAULT        VARCHAR(8),
    HITS         BIGINT
);

CREATE OR REPLACE PUMP ERRORS_PUMP AS
INSERT INTO ERRORS (WINDOW_START, PAGE, STATUS, FAULT, HITS)
SELECT STREAM
    STEP(e.ROWTIME BY INTERVAL '5' SECOND),
    e.PAGE,
    e.STATUS,
    CASE WHEN e.STATUS = 429 THEN 'limit' WHEN e.STATUS < 500 THEN 'visitor' ELSE 'shop' END,
    COUNT(*)
FROM EVENTS AS e
WHERE e.STATUS >= 400
GROUP BY e.PAGE, e.STATUS, STEP(e.ROWTIME BY INTERVAL '5' SECOND);


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 6: live users: different people within the last five minutes, every five seconds.
--
-- A window that slides over time and counts different values is HOP, one of the windows that millrace adds. It wants a time column
-- with a watermark; ROWTIME never goes back, so the watermark is the time itself and nothing waits.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM VISITS (
    VISITOR VARCHAR(32),
    SEEN    TIMESTAMP,
    WATERMARK FOR SEEN AS SEEN
);

CREATE OR REPLACE PUMP VISITS_PUMP AS
INSERT INTO VISITS (VISITOR, SEEN)
SELECT STREAM e.VISITOR, e.ROWTIME
FROM EVENTS AS e
WHERE e.VISITOR IS NOT NULL AND e.IS_BOT = 0;

CREATE OR REPLACE STREAM LIVE_USERS (
    UNTIL_TIME TIMESTAMP,
    USERS      BIGINT,
    EVENTS     BIGINT
);

CREATE OR REPLACE PUMP LIVE_USERS_PUMP AS
INSERT INTO LIVE_USERS (UNTIL_TIME, USERS, EVENTS)
SELECT STREAM WINDOW_END, COUNT(DISTINCT VISITOR), COUNT(*)
FROM TABLE(HOP(TABLE VISITS, DESCRIPTOR(SEEN), INTERVAL '5' SECOND, INTERVAL '5' MINUTE))
GROUP BY WINDOW_START, WINDOW_END;


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 7: movers: pages against the window before in which they were seen, a minute back at most; NULL where there is none.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM MOVERS (
    PAGE       VARCHAR(128),
    VIEWS      BIGINT,
    MORE_VIEWS BIGINT
);

CREATE OR REPLACE PUMP MOVERS_PUMP AS
INSERT INTO MOVERS (PAGE, VIEWS, MORE_VIEWS)
SELECT STREAM t.PAGE, t.VIEWS, t.VIEWS - LAG(t.VIEWS, 1) OVER W
FROM TOP_PAGES AS t
WINDOW W AS (PARTITION BY t.PAGE RANGE INTERVAL '1' MINUTE PRECEDING);


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 8: where visits come from.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM REFERRERS (
    REFERRER VARCHAR(128),
    COUNTRY  VARCHAR(2),
    DEVICE   VARCHAR(16),
    VISITS   BIGINT
);

CREATE OR REPLACE PUMP REFERRERS_PUMP AS
INSERT INTO REFERRERS (REFERRER, COUNTRY, DEVICE, VISITS)
SELECT STREAM e.REFERRER, e.COUNTRY, e.DEVICE, COUNT(*)
FROM EVENTS AS e
WHERE e.EVENT_NAME = 'session_start' AND e.IS_BOT = 0
GROUP BY e.REFERRER, e.COUNTRY, e.DEVICE, STEP(e.ROWTIME BY INTERVAL '10' SECOND);


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 9: visits that begin and end, and what became of them. sessions.sql has sessions by silence, in the visitors' own time.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM SESSIONS (
    STARTED   BIGINT,
    RETURNING_VISITORS BIGINT,
    LEFT_SHOP BIGINT,
    CARTS     BIGINT,
    ORDERS    BIGINT
);

CREATE OR REPLACE PUMP SESSIONS_PUMP AS
INSERT INTO SESSIONS (STARTED, RETURNING_VISITORS, LEFT_SHOP, CARTS, ORDERS)
SELECT STREAM
    SUM(CASE WHEN e.EVENT_NAME = 'session_start' THEN 1 ELSE 0 END),
    SUM(CASE WHEN e.EVENT_NAME = 'session_start' AND e.SESSION_NO > 1 THEN 1 ELSE 0 END),
    SUM(CASE WHEN e.EVENT_NAME = 'page_leave' THEN 1 ELSE 0 END),
    SUM(CASE WHEN e.EVENT_NAME = 'begin_checkout' THEN 1 ELSE 0 END),
    SUM(CASE WHEN e.EVENT_NAME = 'purchase' THEN 1 ELSE 0 END)
FROM EVENTS AS e
WHERE e.IS_BOT = 0
GROUP BY STEP(e.ROWTIME BY INTERVAL '5' SECOND);

-- Shares of a few seconds jump; those of a minute that slides can be read.
CREATE OR REPLACE STREAM CONVERSION (
    ORDERS_PER_VISIT DOUBLE,
    CARTS_LEFT       DOUBLE
);

CREATE OR REPLACE PUMP CONVERSION_PUMP AS
INSERT INTO CONVERSION (ORDERS_PER_VISIT, CARTS_LEFT)
SELECT STREAM
    CASE WHEN m.STARTED > 0 THEN 100.0 * m.ORDERS / m.STARTED END,
    CASE WHEN m.CARTS > 0 AND m.ORDERS <= m.CARTS THEN 100.0 * (m.CARTS - m.ORDERS) / m.CARTS END
FROM (
    SELECT STREAM SUM(s.STARTED) OVER W AS STARTED, SUM(s.CARTS) OVER W AS CARTS, SUM(s.ORDERS) OVER W AS ORDERS
    FROM SESSIONS AS s
    WINDOW W AS (RANGE INTERVAL '1' MINUTE PRECEDING)
) AS m;


-- ---------------------------------------------------------------------------------------------------------------------------
-- View 10: bursts of bots: windows in which they made more than a quarter of the page views. Rare rows: the page shows them as
-- marks on its charts.
-- ---------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE STREAM BOT_BURSTS (
    WINDOW_START TIMESTAMP,
    BOT_VIEWS    BIGINT,
    VIEWS        BIGINT
);

CREATE OR REPLACE PUMP BOT_BURSTS_PUMP AS
INSERT INTO BOT_BURSTS (WINDOW_START, BOT_VIEWS, VIEWS)
SELECT STREAM STEP(e.ROWTIME BY INTERVAL '5' SECOND), SUM(e.IS_BOT), COUNT(*)
FROM EVENTS AS e
WHERE e.EVENT_NAME = 'page_view'
GROUP BY STEP(e.ROWTIME BY INTERVAL '5' SECOND)
HAVING SUM(e.IS_BOT) * 4 > COUNT(*);
