/** Which group terms close a window, and when it ends. */
import { expect, test } from 'vitest'
import { planProgram } from '../../../processors/sql/plan.ts'
import type { PlanNode } from '../../../processors/sql/plan-node.ts'
import { inputsOf } from '../../../processors/sql/plan-node.ts'
import { INPUTS } from './inputs.ts'

function aggregateOf(node: PlanNode): Extract<PlanNode, { kind: 'aggregate' }> | null {
  if (node.kind === 'aggregate') return node
  for (const input of inputsOf(node)) {
    const found = aggregateOf(input)
    if (found !== null) return found
  }
  return null
}

/** The window of the outermost group, as `key: end`, or the message. */
function windowOf(terms: string, from = 'trades t'): string {
  const text = `create stream o (n bigint); create pump p as insert into o select stream count(*) from ${from} group by ${terms}`
  try {
    const source = planProgram(text, INPUTS).pumps[0]?.source
    const window = source === undefined ? undefined : aggregateOf(source)?.window
    if (window === undefined) return 'no window'
    const { kind, ...rest } = window.end
    return `${window.key}: ${[kind, ...Object.values(rest)].join(' ')}`
  } catch (error) {
    return String(error).replace(/^SqlError: \d+:\d+ /, '')
  }
}

const NONE = /^GROUP BY has no monotonic term/

test.each([
  ["step(t.rowtime by interval '10' second)", '0: step 10000 0'],
  ["ticker, step(rowtime by interval '1' hour)", '1: step 3600000 0'],
  ["step(t.rowtime by interval '1:30' minute to second)", '0: step 90000 0'],
  ['floor(t.rowtime to year)', '0: floor YEAR 0'],
  ['ceil(t.rowtime to minute)', '0: ceil MINUTE 0'],
  ['t.rowtime', '0: instant'],
  ["floor(t.rowtime to month) + interval '1' day", '0: floor MONTH 86400000'],
  ["interval '1' day + floor(t.rowtime to hour)", '0: floor HOUR 86400000'],
  ["ceil(t.rowtime to hour) - interval '5' minute", '0: ceil HOUR -300000'],
  ["step(t.rowtime + interval '5' second by interval '1' minute) - interval '5' second", '0: step 60000 0'],
  ["floor(t.rowtime + interval '5' second to hour)", '0: step 3600000 5000'],
  ["floor(t.rowtime + interval '5' second to month)", '0: floor MONTH 0 5000'],
  ["ceil(t.rowtime + interval '5' second to minute)", '0: ceil MINUTE 0 5000'],
  ["step(t.rowtime by interval '1' month)", '0: floor MONTH 0'],
  ["step(t.rowtime by interval '1' year)", '0: floor YEAR 0'],
  ["step(t.rowtime by interval '3' month)", '0: step-months 3 0'],
  ["floor(step(t.rowtime by interval '20' second) to minute)", '0: floor MINUTE 0'],
  ["floor(step(t.rowtime by interval '7' second) to minute)", '0: change'],
  ["t.rowtime + interval '1' day", '0: instant 86400000'],
  ["(t.rowtime - timestamp '1970-01-01 00:00:00') hour", '0: change'],
  ["(timestamp '2100-01-01 00:00:00' - t.rowtime) hour", '0: change'],
  ["floor((t.rowtime - timestamp '1970-01-01 00:00:00') second / 10 to second)", '0: step 10000 0'],
  ["floor((t.rowtime - timestamp '1970-01-01 00:00:00') minute / 15 to minute)", '0: step 900000 0'],
  ["floor((t.rowtime - timestamp '1970-01-01 00:00:03') second / 10 to second)", '0: change'],
  ['unix_timestamp(t.rowtime) / 1000', '0: change'],
  ['unix_timestamp(t.rowtime) * -2', '0: change'],
  ['monotonic(t.ms)', '0: change'],
  ["step(monotonic(t.seen_at) by interval '1' hour)", '0: change'],
  ['substring(monotonic(ticker) from 0 for 2)', '0: change'],
  ['monotonic(t.ms), floor(t.rowtime to day)', '1: floor DAY 0'],
  ["floor(t.seen_at to day), step(t.rowtime by interval '1' minute)", '1: step 60000 0'],
])('GROUP BY %s', (terms, end) => {
  expect(windowOf(terms)).toBe(end)
})

test.each([
  'ticker',
  '1',
  'ms * 0',
  "step(seen_at by interval '1' minute)",
  'extract(hour from t.rowtime)',
  'substring(monotonic(ticker) from 2 for 2)',
  'unix_timestamp(t.rowtime) * 0',
  'monotonic(ms) * qty',
  'current_timestamp',
  'cast(t.rowtime as varchar(30))',
  'monotonic(ms) - monotonic(tiny)',
])('GROUP BY %s never completes', terms => {
  expect(windowOf(terms)).toMatch(NONE)
})

test.each([
  ['m', '(select stream floor(t.rowtime to minute) as m from trades t)', '0: floor MINUTE 0'],
  ['floor(m to hour)', '(select stream floor(t.rowtime to minute) as m from trades t)', '0: floor HOUR 0'],
  ['m', '(select stream seen_at as rowtime, floor(t.rowtime to minute) as m from trades t)', '0: change'],
  ['x.rowtime', '(select stream seen_at as rowtime, ticker from trades t) x', '0: instant'],
  [
    'm',
    '(select stream floor(t.rowtime to minute) as m, ticker from trades t group by ticker, floor(t.rowtime to minute))',
    '0: moment',
  ],
  [
    "step(x.rowtime by interval '1' hour)",
    '(select stream ticker from trades t group by ticker, floor(t.rowtime to minute)) x',
    '0: step 3600000 0',
  ],
  [
    'm',
    '(select stream floor(t.rowtime to minute) as m from trades t union all select stream floor(s.rowtime to minute) from "SOURCE_SQL_STREAM_001" s)',
    '0: floor MINUTE 0',
  ],
])('GROUP BY %s over %s', (terms, from, end) => {
  expect(windowOf(terms, from)).toBe(end)
})

test('a union of different windows is not monotonic', () => {
  const from =
    '(select stream floor(t.rowtime to minute) as m from trades t union all select stream ceil(t.rowtime to minute) from trades t)'
  expect(windowOf('m', from)).toMatch(NONE)
})
