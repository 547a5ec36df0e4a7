/** What the declarations of event time accept, and what they say about what they do not. */
import { expect, test } from 'vitest'
import { explainProgram } from '../../../processors/sql/explain.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { INPUTS } from '../sql/inputs.ts'

function messageOf(text: string): string {
  try {
    planProgram(text, INPUTS)
  } catch (error) {
    return String(error).replace(/^SqlError: \d+:\d+ /, '')
  }
  return 'no error'
}

test('a column may still be called WATERMARK, and options without a watermark mean nothing', () => {
  const text = `CREATE STREAM S (watermark VARCHAR(8), descriptor INTEGER) OPTIONS (MAX_AHEAD 'soon');
    CREATE PUMP P AS INSERT INTO S SELECT STREAM ticker, qty FROM trades;
    CREATE STREAM O (watermark VARCHAR(8));
    CREATE PUMP Q AS INSERT INTO O SELECT STREAM watermark FROM S;`
  expect(messageOf(text)).toBe('no error')
})

const declared = (watermark: string, options = ''): string =>
  messageOf(
    `CREATE STREAM S (ts TIMESTAMP, k VARCHAR(8), ${watermark}) ${options === '' ? '' : `OPTIONS (${options})`}`,
  )

test.each([
  ['WATERMARK FOR ts AS ts', ''],
  ["WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND", ''],
  ["WATERMARK FOR ts AS ts - INTERVAL '1:30' MINUTE TO SECOND", "ALLOWED_LATENESS INTERVAL '0' SECOND, other 5"],
  ['WATERMARK FOR ts AS ts', 'MAX_AHEAD NULL, IDLE_TIMEOUT NULL'],
])('%s with options (%s) is accepted', (watermark, options) => {
  expect(declared(watermark, options)).toBe('no error')
})

test.each([
  ['WATERMARK FOR seen AS ts', '', /^column SEEN not found in the stream/],
  ['WATERMARK FOR k AS k', '', /^event time must be TIMESTAMP, not VARCHAR\(8\)/],
  [
    "WATERMARK FOR ts AS ts + INTERVAL '5' SECOND",
    '',
    /^a watermark is its column, or less by a constant; write TS - /,
  ],
  ["WATERMARK FOR ts AS k - INTERVAL '5' SECOND", '', /^a watermark is its column/],
  ["WATERMARK FOR ts AS ts - INTERVAL -'5' SECOND", '', /^the delay of a watermark must be at least 0/],
  ["WATERMARK FOR ts AS ts - INTERVAL '1' MONTH", '', /^the delay of a watermark cannot be in months/],
  ['WATERMARK FOR ts AS ts - 5', '', /^the delay of a watermark must be a literal interval/],
  ['WATERMARK FOR ts AS ts, WATERMARK FOR ts AS ts', '', /^a stream has one WATERMARK/],
  ['WATERMARK FOR ts', '', /^expected AS after the column of WATERMARK/],
  ['WATERMARK FOR ts AS ts', 'MAX_AHEAD 5', /^MAX_AHEAD must be a literal interval/],
  ['WATERMARK FOR ts AS ts', 'ALLOWED_LATENESS NULL', /^ALLOWED_LATENESS must be a literal interval/],
])('%s with options (%s) is refused', (watermark, options, message) => {
  expect(declared(watermark, options)).toMatch(message)
})

const STREAMS = `CREATE STREAM S (ts TIMESTAMP, other TIMESTAMP, k VARCHAR(8), v INTEGER,
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND);
  CREATE PUMP P AS INSERT INTO S SELECT STREAM seen_at, seen_at, ticker, qty FROM trades;
  CREATE STREAM N (ts TIMESTAMP, k VARCHAR(8));
  CREATE STREAM O (a BIGINT);`
const TUMBLE = "TABLE(TUMBLE(TABLE S, DESCRIPTOR(ts), INTERVAL '1' MINUTE))"
const grouped = (from: string, by: string, items = 'COUNT(*)', more = ''): string =>
  messageOf(`${STREAMS} CREATE PUMP Q AS INSERT INTO O SELECT STREAM ${items} FROM ${from} ${more} GROUP BY ${by}`)

test.each([
  [TUMBLE, 'window_start'],
  [TUMBLE, 'window_end, k'],
  [`${TUMBLE} AS w`, 'w.window_time, w.k, CHAR_LENGTH(w.k)'],
  ["TABLE(HOP(TABLE trades, DESCRIPTOR(ROWTIME), INTERVAL '1' MINUTE, INTERVAL '1' HOUR))", 'window_start, window_end'],
  ["TABLE(CUMULATE(TABLE S, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '1' DAY))", 'window_start, window_end'],
  ["TABLE(SESSION(TABLE S, DESCRIPTOR(ts), INTERVAL '1' MINUTE))", 'window_start'],
  ["TABLE(SESSION(TABLE S PARTITION BY k, v, DESCRIPTOR(ts), INTERVAL '1' MINUTE))", 'v, window_start, k'],
  ["TABLE(SESSION(TABLE S PARTITION BY (k), DESCRIPTOR(ts), INTERVAL '1' MINUTE))", 'k, window_end'],
])('%s grouped by %s is accepted', (from, by) => {
  expect(grouped(from, by)).toBe('no error')
})

test.each([
  [TUMBLE, 'k', /^GROUP BY over TUMBLE needs its window; add WINDOW_START, WINDOW_END/],
  [TUMBLE, 'FLOOR(window_start TO HOUR)', /^WINDOW_START cannot stand in another term of a grouped query/],
  [
    "TABLE(CUMULATE(TABLE S, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '1' DAY))",
    'window_start',
    /^GROUP BY over CUMULATE needs its window/,
  ],
  [
    "TABLE(HOP(TABLE S, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '1' MINUTE))",
    'window_start',
    /^size of HOP must be a multiple of its slide; 60000 ms is none of 7000 ms/,
  ],
  [
    "TABLE(HOP(TABLE S, DESCRIPTOR(ts), INTERVAL '0.001' SECOND, INTERVAL '1' DAY))",
    'window_start',
    /^size of HOP is 86400000 slides, over the limit of 100000/,
  ],
  ["TABLE(TUMBLE(TABLE S, DESCRIPTOR(ts), INTERVAL '0' SECOND))", 'window_start', /^size of TUMBLE must be above 0/],
  ["TABLE(TUMBLE(TABLE S, DESCRIPTOR(ts), INTERVAL '1' MONTH))", 'window_start', /^size of TUMBLE cannot be in months/],
  [
    'TABLE(TUMBLE(TABLE S, DESCRIPTOR(ts)))',
    'window_start',
    /^TUMBLE takes 3 arguments, not 2; write TUMBLE\(TABLE s, DESCRIPTOR\(ts\), size\)/,
  ],
  [
    "TABLE(TUMBLE(TABLE S, DESCRIPTOR(other), INTERVAL '1' MINUTE))",
    'window_start',
    /^column OTHER of S has no watermark; the watermark is for TS/,
  ],
  [
    "TABLE(TUMBLE(TABLE N, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
    'window_start',
    /^column TS of N has no watermark; add WATERMARK FOR TS/,
  ],
  [
    "TABLE(TUMBLE(TABLE S, DESCRIPTOR(tss), INTERVAL '1' MINUTE))",
    'window_start',
    /^column TSS not found in S; did you mean TS\?/,
  ],
  [
    "TABLE(TUMBLE(TABLE S PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
    'window_start',
    /^TUMBLE has no PARTITION BY; use GROUP BY/,
  ],
  [
    "TABLE(TUMBEL(TABLE S, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
    'window_start',
    /^window function TUMBEL not found; did you mean TUMBLE\?/,
  ],
  [
    "TABLE(SESSION(TABLE S PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
    'window_start',
    /^GROUP BY lacks a column of the PARTITION BY/,
  ],
  [
    "TABLE(SESSION(TABLE S PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
    'window_start, k, v',
    /^GROUP BY over SESSION has the term V, which is not in its PARTITION BY/,
  ],
])('%s grouped by %s is refused', (from, by, message) => {
  expect(grouped(from, by)).toMatch(message)
})

test('window columns stand in no aggregate and no WHERE of a grouped query', () => {
  expect(grouped(TUMBLE, 'window_start', 'COUNT(window_end)')).toMatch(/^WINDOW_END cannot stand in an aggregate/)
  const where = "WHERE window_start > TIMESTAMP '2024-01-01 00:00:00'"
  expect(grouped(TUMBLE, 'window_start', 'COUNT(*)', where)).toMatch(
    /^WINDOW_START cannot stand in WHERE .* use HAVING/,
  )
  expect(grouped(TUMBLE, 'window_start', 'SUM(v) + UNIX_TIMESTAMP(window_end)')).toBe('no error')
})

test('a session without GROUP BY is refused', () => {
  const from = "TABLE(SESSION(TABLE S, DESCRIPTOR(ts), INTERVAL '1' MINUTE))"
  expect(messageOf(`${STREAMS} CREATE PUMP Q AS INSERT INTO O SELECT STREAM v FROM ${from}`)).toMatch(
    /^SESSION needs GROUP BY/,
  )
})

test('windows of results can be grouped again by the end of the inner window', () => {
  const inner = `(SELECT STREAM window_end AS we, k, COUNT(*) AS n FROM ${TUMBLE} GROUP BY window_end, k)`
  expect(grouped(inner, 'we', 'MAX(n)')).toBe('no error')
})

test('explain shows the watermark, the windows and what bounds their state', () => {
  const text = `CREATE STREAM S (ts TIMESTAMP, k VARCHAR(8), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
      OPTIONS (ALLOWED_LATENESS INTERVAL '10' SECOND, IDLE_TIMEOUT INTERVAL '30' SECOND);
    CREATE PUMP P AS INSERT INTO S SELECT STREAM seen_at, ticker FROM trades;
    CREATE STREAM O (k VARCHAR(8), n BIGINT);
    CREATE PUMP Q AS INSERT INTO O SELECT STREAM k, COUNT(*)
      FROM TABLE(HOP(TABLE S, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '60' SECOND)) WHERE k > 'a' GROUP BY k, window_end;`
  expect(
    explainProgram(planProgram(text, INPUTS)).split('\n').slice(2).join('\n'),
  ).toBe(`stream S program (TS TIMESTAMP, K VARCHAR(8))
  watermark TS - 5000 ms, lateness 10000 ms, ahead 3600000 ms at most, idle after 30000 ms
stream O program (K VARCHAR(8), N BIGINT)

pump P -> S
  TS := SEEN_AT
  K := TICKER
  scan TRADES

pump Q -> O
  K := K
  N := COUNT_1
  aggregate hop 60000 ms every 10000 ms of TS, 15000 ms behind the greatest
    state 75000 ms of panes of 10000 ms, the keys of each
    where K > 'a'
    key K := K
    COUNT_1 := COUNT(*) BIGINT
    scan S
`)
})
