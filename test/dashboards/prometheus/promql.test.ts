import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PrometheusApi } from '../../../dashboards/prometheus/api.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { type Answer, ask, sameAnswer } from './asking.ts'
import { DIFFERENT_IN_2, EXPRESSIONS } from './expressions.ts'
import { HAS_PROMETHEUS, type PrometheusProcess, startPrometheus } from './prometheus-process.ts'
import { FIRST, judgedSeries, MINUTE, openMetrics, sourceOf } from './samples.ts'

const series = judgedSeries()
const clock = new SimClock(FIRST + 120 * MINUTE)
const ours = new PrometheusApi({ series: sourceOf(series), clock })
/** Seven seconds past a minute: no sample lies on the border of a range, where Prometheus 2 counts the start in and Prometheus 3 does not. */
const OFF_BORDER = 7_000

test('the list has 150 queries at least, none twice', () => {
  expect(EXPRESSIONS.length).toBeGreaterThanOrEqual(150)
  expect(new Set(EXPRESSIONS).size).toBe(EXPRESSIONS.length)
})

if (!HAS_PROMETHEUS) console.log('skipped: PromQL against Prometheus: prometheus and promtool are not installed')

describe.skipIf(!HAS_PROMETHEUS)('against Prometheus over the same samples', () => {
  let prometheus: PrometheusProcess
  beforeAll(async () => {
    prometheus = await startPrometheus(openMetrics(series))
  })
  afterAll(async () => prometheus.close())

  const askPrometheus = async (name: string, parameters: Readonly<Record<string, string>>): Promise<Answer> =>
    (await (
      await fetch(`${prometheus.url}/api/v1/${name}?${new URLSearchParams(parameters).toString()}`)
    ).json()) as Answer

  const isSame = async (query: string): Promise<void> => {
    const times = [4, 75, 119].map(minute => String((FIRST + minute * MINUTE + OFF_BORDER) / 1_000))
    for (const time of times)
      sameAnswer(
        await ask(ours, 'query', { query, time }),
        await askPrometheus('query', { query, time }),
        /^(sort|topk|bottomk)/.test(query),
      )
    const range = { query, start: times[0] ?? '', end: times[1] ?? '', step: '330' }
    sameAnswer(await ask(ours, 'query_range', range, 'POST'), await askPrometheus('query_range', range), false)
  }

  for (const query of EXPRESSIONS)
    test(`the same answer: ${query.replaceAll('\n', ' ')}`, async () => {
      if (DIFFERENT_IN_2.has(query) && prometheus.major < 3) await expect(isSame(query)).rejects.toThrow()
      else await isSame(query)
    })
})
