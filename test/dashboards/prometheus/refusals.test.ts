import { expect, test } from 'vitest'
import { PrometheusApi } from '../../../dashboards/prometheus/api.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { ask } from './asking.ts'
import { FIRST, judgedSeries, sourceOf } from './samples.ts'

const api = new PrometheusApi({ series: sourceOf(judgedSeries()), clock: new SimClock(FIRST) })

/** Query, then line:column and the sentence. */
const REFUSED: readonly (readonly [string, string, string])[] = [
  ['sum(', '1:5', 'unexpected end of input'],
  ['a b', '1:3', 'unexpected "b"'],
  ['a{', '1:3', 'unexpected end of input'],
  ['rate(a[5m', '1:10', 'unexpected end of input'],
  ['foo(1)', '1:1', 'unknown function with name "foo"'],
  ['avgovertime(a[5m])', '1:1', 'unknown function with name "avgovertime"; did you mean "avg_over_time"?'],
  ['sum(1)', '1:5', 'expected type instant vector in sum(), got scalar'],
  ['sum(a[5m])', '1:5', 'expected type instant vector in sum(), got range vector'],
  ['rate(a)', '1:6', 'expected type range vector in argument 1 of rate(), got instant vector'],
  ['topk(a, b)', '1:6', 'expected type scalar in the first argument of topk(), got instant vector'],
  ['topk(a)', '1:1', 'topk takes 2 arguments, not 1'],
  ['clamp(a, 1)', '1:1', 'clamp takes 3 arguments, not 2'],
  ['round(a, 1, 2)', '1:1', 'round takes 1 to 2 arguments, not 3'],
  ['label_join(a)', '1:1', 'label_join takes at least 3 arguments, not 1'],
  ['{}', '1:1', 'vector selector must contain at least one non-empty matcher'],
  ['{a=~".*"}', '1:1', 'vector selector must contain at least one non-empty matcher'],
  ['a{__name__="b"}', '1:3', 'metric name must not be set twice: "a" stands in front'],
  ['a{b=~"("}', '1:6', 'this regular expression cannot be used: '],
  ['a{b="c}', '1:5', 'this text has no closing quote'],
  ['a{b="\\q"}', '1:5', '\\q is no escape; write \\\\ for a backslash'],
  ['1 == 2', '1:3', 'comparisons between scalars must use the bool modifier'],
  ['a + bool b', '1:3', 'bool modifier can only be used on comparison operators'],
  ['a and 1', '1:3', 'set operator "and" not allowed in binary scalar expression'],
  ['a + on(b) 1', '1:5', 'vector matching only allowed between instant vectors'],
  ['a and on(b) group_left c', '1:7', 'no grouping allowed for "and" operation'],
  ['a * on(b) group_left(b) c', '1:5', 'label "b" must not occur in ON and GROUP clause at once'],
  ['"x" + 1', '1:1', 'operator + takes scalars and instant vectors, not a string'],
  ['-"x"', '1:1', 'a sign takes a scalar or an instant vector, not a string'],
  ['sum(a)[5m]', '1:7', 'ranges are only allowed for vector selectors'],
  ['(a)[5m]', '1:4', 'ranges are only allowed for vector selectors'],
  ['rate(a[0s])', '1:7', 'duration must be greater than 0'],
  ['max_over_time(a[5m:0.0000000001])', '1:16', 'duration must be greater than 0; the shortest is 1ms'],
  ['a offset 1e300', '1:10', '1e300 is longer than 1,000 years'],
  ['a @ 1e300', '1:5', '1e300 is no time'],
  ['sum(a) offset 5m', '1:7', 'offset must stand behind a selector or a subquery'],
  ['a offset 5m offset 5m', '1:12', 'offset may not be set more than once'],
  ['sum(a) @ 5', '1:7', '@ must stand behind a selector or a subquery'],
  ['max_over_time(1[5m:1m])', '1:16', 'a subquery is only allowed on an instant vector, not on a scalar'],
  ['limitk(1, a)', '1:1', 'limitk() is outside the subset of PromQL that is answered here'],
  ['histogram_count(a)', '1:1', 'histogram_count() is outside the subset'],
  ['double_exponential_smoothing(a[5m], 1, 1)', '1:1', 'double_exponential_smoothing() is outside the subset'],
  ['a[5m + 1m]', '1:3', 'arithmetic in durations is outside the subset'],
  ['a\n+\nsum(1)', '3:5', 'expected type instant vector in sum(), got scalar'],
  [`${'('.repeat(101)}1${')'.repeat(101)}`, '1:101', 'more than 100 levels'],
  [`1${'+1'.repeat(8_192)}`, '1:1', 'the query has 16385 characters; the limit is 16384'],
]

test.each(REFUSED)('%s', async (query, place, sentence) => {
  const { status, errorType, error = '' } = await ask(api, 'query', { query })
  expect({ status, errorType }).toEqual({ status: 'error', errorType: 'bad_data' })
  expect(error.split('\n')[0]).toContain(`${place}: parse error: ${sentence}`)
  // The caret stands below the character at the place.
  const [line = '', column = ''] = place.split(':')
  const [, shown = '', caret = ''] = error.split('\n')
  const wanted = query.length > 16_384 ? '1' : (query.split('\n')[Number(line) - 1]?.[Number(column) - 1] ?? '')
  expect(shown[caret.indexOf('^')] ?? '').toBe(wanted)
})

test('a long sum is read and evaluated, and one that is too long refused', async () => {
  const { data } = await ask(api, 'query', { query: `1${'+1'.repeat(500)}`, time: '0' })
  expect(data?.result).toEqual([0, '501'])
  const refused = await ask(api, 'query', { query: `1${'+1'.repeat(501)}`, time: '0' })
  expect(refused.error).toContain('1:1002: parse error: more than 500 operators')
})

test.each([
  ['query', { query: 'a', time: 'yesterday' }, 'invalid parameter "time"'],
  ['query', {}, 'invalid parameter "query"'],
  [
    'query_range',
    { query: 'a', start: '0', end: '100', step: '0' },
    'zero or negative query resolution step widths are not accepted',
  ],
  ['query_range', { query: 'a', start: '100', end: '0', step: '1' }, 'end timestamp must not be before start time'],
  [
    'query_range',
    { query: 'a', start: '0', end: '100000', step: '1' },
    'exceeded maximum resolution of 11,000 points per timeseries',
  ],
  [
    'query_range',
    { query: 'a[5m]', start: '0', end: '1', step: '1' },
    'invalid expression type "range vector" for range query',
  ],
  ['series', {}, 'no match[] parameter provided'],
  ['series', { 'match[]': 'sum(a)' }, 'is no series selector'],
  ['label/a-b/values', {}, 'invalid label name: "a-b"'],
  ['labels', { limit: '-1' }, 'limit must be a whole number from 0'],
] as const)('%s %j', async (name, parameters, sentence) => {
  const { status, errorType, error } = await ask(api, name, parameters)
  expect({ status, errorType }).toEqual({ status: 'error', errorType: 'bad_data' })
  expect(error).toContain(sentence)
})

test.each([
  ['count_over_time(vector(1)[15000000s:1s])', 'hold more than 2000000 samples'],
  ['count_over_time(count_over_time(nothing_here[1d:1s])[1d:1s])', 'looks at more than 20000000 samples'],
  ['vector(1)[1500000s:1s]', 'hold more than 2000000 samples'],
  [
    `${'label_replace('.repeat(2)}lone_value${`, "__name__", "${'${1}'.repeat(50)}", "__name__", "(.*)")`.repeat(2)}`,
    'a label would have more than 4096 characters',
  ],
])('%s is ended', async (query, sentence) => {
  const { status, errorType, error } = await ask(api, 'query', { query, time: String(FIRST / 1_000 + 6_000) })
  expect({ status, errorType }).toEqual({ status: 'error', errorType: 'execution' })
  expect(error).toContain(sentence)
})

test('what series do not allow is an error of execution', async () => {
  const at = { time: String(FIRST / 1_000 + 3_600) }
  const many = await ask(api, 'query', { query: 'views_events * on(country) revenue_amount', ...at })
  expect(many).toMatchObject({
    status: 'error',
    errorType: 'execution',
    error: expect.stringContaining('many-to-one matching must be explicit'),
  })
  const twice = await ask(api, 'query', { query: 'revenue_amount * on(country) views_events', ...at })
  expect(twice.error).toContain('found duplicate series for the match group {country="DE"} on the right hand-side')
  const same = await ask(api, 'query', { query: 'label_replace(views_events, "page", "x", "", "")', ...at })
  expect(same.error).toContain('vector cannot contain metrics with the same labelset')
})
