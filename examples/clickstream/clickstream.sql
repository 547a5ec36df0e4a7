-- Clickstream analytics: five views over the events of a shop, in the SQL of Kinesis Data Analytics.
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
    PAGE        VARCHAR(128),
    SECTION     VARCHAR(16),
    DEVICE      VARCHAR(16),
    STATUS      INTEGER,
    AMOUNT      DECIMAL(10,2),
    CURRENCY    VARCHAR(3),
    IS_LATE     INTEGER,
    IS_BOT      INTEGER
);

CREATE OR REPLACE PUMP EVENTS_PUMP AS
INSERT INTO EVENTS (EVENT_NAME, PAGE, SECTION, DEVICE, STATUS, AMOUNT, CURRENCY, IS_LATE, IS_BOT)
SELECT STREAM
    COALESCE(s."event_name", 'unknown'),
    s."page_path",
    CASE
        WHEN s."page_path" LIKE '/item/%'     THEN 'item'
        WHEN s."page_path" LIKE '/category/%' THEN 'category'
        WHEN s."page_path" = '/checkout'      THEN 'checkout'
        ELSE 'other'
    END,
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
