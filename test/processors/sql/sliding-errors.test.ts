/** Windows and aggregates that cannot run, with what they are told, word for word. Queries begin in line 2. */
import { expect, test } from 'vitest'
import { SqlError } from '../../../core/errors.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { INPUTS } from './inputs.ts'

function messageOf(query: string): string {
  try {
    planProgram(`create stream o (a varchar(9)); create pump p as insert into o\n${query}`, INPUTS)
  } catch (error) {
    if (error instanceof SqlError) return error.message
    throw error
  }
  return 'no error'
}

const QUERIES: readonly (readonly [string, string])[] = [
  [
    'select stream upper(ticker) filter (where qty > 1) from trades t',
    '2:43 UPPER is no aggregate: it takes no FILTER',
  ],
  [
    'select stream first_value(ticker) filter (where qty > 1) from trades t group by t.rowtime',
    '2:49 FIRST_VALUE takes no FILTER; use FIRST_VALUE(CASE WHEN ... THEN x END) IGNORE NULLS',
  ],
  ['select stream any(qty) from trades t group by t.rowtime', '2:19 ANY needs a BOOLEAN, not INTEGER'],
  ['select stream every(distinct "OPEN") from trades t group by t.rowtime', '2:15 EVERY takes no DISTINCT'],
  ['select stream stddev(ticker) from trades t group by t.rowtime', '2:22 STDDEV cannot be applied to VARCHAR(4)'],
  [
    'select stream sum(qty) over (rows between 2 preceding and 1 preceding) from trades',
    '2:59 the frame ends before the current row; end it with CURRENT ROW, and take older rows alone with LAG or a longer window less a shorter one',
  ],
  [
    'select stream sum(qty) over (rows between 2 preceding and 1 following) from trades',
    '2:59 the frame reaches beyond the current row; rows that follow are not known yet: end it with CURRENT ROW',
  ],
  [
    'select stream sum(qty) over (rows between current row and unbounded following) from trades',
    '2:59 the frame reaches beyond the current row; rows that follow are not known yet: end it with CURRENT ROW',
  ],
  [
    'select stream sum(qty) over (rows 1 following) from trades',
    '2:35 the frame reaches beyond the current row; rows that follow are not known yet: end it with CURRENT ROW',
  ],
  [
    "select stream sum(qty) over (range interval '1' minute following) from trades",
    '2:36 the frame reaches beyond the current row; rows that follow are not known yet: end it with CURRENT ROW',
  ],
  [
    "select stream sum(qty) over (rows interval '1' minute preceding) from trades",
    '2:35 ROWS needs a number of rows, not INTERVAL MINUTE; write RANGE',
  ],
  [
    'select stream sum(qty) over (range 5 preceding) from trades',
    "2:36 RANGE needs an interval, not INTEGER; write RANGE INTERVAL '10' SECOND PRECEDING, or ROWS",
  ],
  ['select stream sum(qty) over (rows qty preceding) from trades', '2:35 ROWS needs a constant'],
  ['select stream sum(qty) over (rows -1 preceding) from trades', '2:35 ROWS must not be negative'],
  [
    "select stream sum(qty) over (range interval '1' month preceding) from trades",
    "2:36 RANGE cannot be measured in months; write INTERVAL '30' DAY",
  ],
  ["select stream sum(qty) over (range interval -'1' minute preceding) from trades", '2:36 RANGE must not be negative'],
  [
    'select stream sum(qty) over (order by qty rows 1 preceding) from trades',
    '2:39 rows of a window stand in the order of ROWTIME; write ORDER BY s.ROWTIME, or leave ORDER BY out',
  ],
  [
    'select stream sum(qty) over (order by t.rowtime desc rows 1 preceding) from trades t',
    '2:39 rows of a window stand in the order of ROWTIME; write ORDER BY s.ROWTIME, or leave ORDER BY out',
  ],
  ['select stream sum(qty) over w from trades', '2:29 window W not found; add WINDOW W AS (...)'],
  ['select stream sum(qty) over w1 from trades window w2 as (rows 1 preceding)', '2:29 window W1 not found'],
  [
    'select stream sum(qty) over w from trades window w as (rows 1 preceding), w as (rows 2 preceding)',
    '2:75 window W is defined twice',
  ],
  ['select stream sum(qty) over w from trades window w as (v), v as (w)', '2:56 window V extends itself'],
  [
    'select stream sum(qty) over (w rows 1 preceding) from trades window w as (rows 1 preceding)',
    '2:37 window W has a frame already; extend a window that has none',
  ],
  [
    'select stream sum(qty) over (w partition by ticker) from trades window w as (partition by qty)',
    '2:45 window W has a PARTITION BY already; extend a window that has none',
  ],
  [
    'select stream count(distinct qty) over (rows 1 preceding) from trades',
    '2:15 COUNT(DISTINCT) cannot be used with OVER; COUNT(DISTINCT x) needs GROUP BY',
  ],
  [
    'select stream lag(qty) filter (where qty > 1) over (rows 1 preceding) from trades',
    '2:38 FILTER cannot be used with LAG OVER; filter in a FROM subquery first',
  ],
  [
    'select stream row_number() over (rows 1 preceding) from trades',
    '2:39 the window of a rank has no frame; leave it out',
  ],
  [
    'select stream rank() over (partition by t.rowtime) from trades t',
    '2:27 a rank needs ORDER BY; write OVER (PARTITION BY ... ORDER BY x DESC)',
  ],
  [
    'select stream rank() over (partition by ticker order by qty) from trades',
    '2:27 a rank over a stream needs a window in its PARTITION BY, or it would never be known; write PARTITION BY WINDOW_START, WINDOW_END of a window function, or STEP(s.ROWTIME BY ...)',
  ],
  ['select stream rank(qty) over (partition by t.rowtime order by qty) from trades t', '2:15 RANK takes no argument'],
  [
    'select stream rank() over (partition by t.rowtime order by qty), row_number() over (partition by t.rowtime order by ticker) from trades t',
    '2:84 ranks of one select have one window; number by another one in a query around this one',
  ],
  [
    'select stream rank() over (partition by t.rowtime order by qty), sum(qty) over (rows 1 preceding) from trades t',
    '2:66 SUM OVER cannot stand beside a rank; number the rows in a query around this one',
  ],
  ['select stream upper(ticker) over (rows 1 preceding) from trades', '2:15 UPPER cannot be used with OVER'],
  [
    'select stream any("OPEN") over (rows 1 preceding) from trades',
    '2:15 ANY cannot be used with OVER; use MAX(CASE WHEN ... THEN 1 ELSE 0 END)',
  ],
  ['select stream sum(ticker) over (rows 1 preceding) from trades', '2:19 SUM cannot be applied to VARCHAR(4)'],
  ['select stream stddev(ticker) over (rows 1 preceding) from trades', '2:22 STDDEV cannot be applied to VARCHAR(4)'],
  [
    'select stream sum(sum(qty) over (rows 1 preceding)) over (rows 1 preceding) from trades',
    '2:33 OVER cannot stand inside OVER; compute it in a FROM subquery',
  ],
  [
    'select stream sum(count(*)) over (rows 1 preceding) from trades',
    "2:15 an aggregate over a stream needs GROUP BY, or it would never be complete; add GROUP BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE)",
  ],
  [
    'select stream ticker from trades where sum(qty) over (rows 1 preceding) > 1',
    '2:54 OVER can only stand in the select list; compute it in a FROM subquery first',
  ],
  [
    'select stream sum(qty) over (rows 1 preceding) from trades t group by t.rowtime',
    '2:29 OVER cannot stand beside GROUP BY; group in a FROM subquery first',
  ],
  [
    'select stream sum(qty), lag(qty) over (rows 1 preceding) from trades t group by t.rowtime',
    '2:39 OVER cannot stand beside GROUP BY; group in a FROM subquery first',
  ],
  [
    'select stream lag(qty, 0) over (rows 1 preceding) from trades',
    '2:24 argument 2 of LAG must be a constant of at least 1',
  ],
  [
    'select stream lag(qty, qty) over (rows 1 preceding) from trades',
    '2:24 argument 2 of LAG must be a constant of at least 1',
  ],
  [
    'select stream lag(qty, 1, ticker) over (rows 1 preceding) from trades',
    '2:27 argument 3 of LAG must be INTEGER, not VARCHAR(4); use CAST',
  ],
  ['select stream lag(qty, 1, 0, 0) over (rows 1 preceding) from trades', '2:15 LAG takes 1 to 3 arguments, not 4'],
  ['select stream nth_value(qty) over (rows 1 preceding) from trades', '2:15 NTH_VALUE takes 2 arguments, not 1'],
  ['select stream sum(qty) ignore nulls over (rows 1 preceding) from trades', '2:15 SUM takes no IGNORE NULLS'],
  [
    'select stream exp_avg(qty, 10) over (rows 1 preceding) from trades',
    "2:28 argument 2 of EXP_AVG must be a constant interval; write INTERVAL '10' SECOND, its half-life",
  ],
  [
    "select stream exp_avg(ticker, interval '1' minute) over (rows 1 preceding) from trades",
    '2:23 EXP_AVG cannot be applied to VARCHAR(4)',
  ],
  ['select stream max(*) over (rows 1 preceding) from trades', '2:15 MAX takes an expression, not *'],
  [
    'select stream sum(qty) over (rows 1 preceding disallow partial results) from trades',
    '2:47 expected ")" after the window, found DISALLOW',
  ],
  [
    'select stream lag(qty) from trades',
    "2:15 LAG needs OVER; add OVER (PARTITION BY key RANGE INTERVAL '1' MINUTE PRECEDING)",
  ],
]

test.each(QUERIES)('the query %j is refused with its place and reason', (query, message) => {
  expect(messageOf(query)).toBe(message)
})
