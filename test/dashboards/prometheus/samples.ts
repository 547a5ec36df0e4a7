/** Series that both judges hold: window results once a minute, a counter with resets, a histogram, gaps, NaN and infinities. */

import { matchesAll } from '../../../dashboards/prometheus/promql/evaluate.ts'
import { Labels } from '../../../dashboards/prometheus/promql/labels.ts'
import type { SeriesData, SeriesSource } from '../../../dashboards/prometheus/promql/series.ts'
import { seededRandom } from '../../support/seeded-random.ts'

/** 2026-01-05T00:00:00Z */
export const FIRST = 1_767_571_200_000
export const MINUTE = 60_000
export const MINUTES = 180

export interface JudgedSeries {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly labels: Readonly<Record<string, string>>
  readonly samples: readonly (readonly [number, number])[]
}

export function judgedSeries(): JudgedSeries[] {
  const random = seededRandom(20_260_105)
  const series: JudgedSeries[] = []
  const at = (minute: number): number => FIRST + minute * MINUTE
  const minutes = Array.from({ length: MINUTES }, (_, minute) => minute)
  for (const page of ['/', '/cart', '/item/1', '/item/2'])
    for (const country of ['DE', 'FR', 'US'])
      series.push({
        name: 'views_events',
        type: 'gauge',
        labels: { page, country },
        // One page goes silent for half an hour, another has single gaps.
        samples: minutes
          .filter(
            minute => !(page === '/cart' && minute >= 60 && minute < 90) && !(page === '/item/2' && minute % 7 === 3),
          )
          .map(minute => [at(minute), Math.floor(random.next() * 1_000) / 4]),
      })
  for (const country of ['DE', 'FR', 'US'])
    series.push({
      name: 'revenue_amount',
      type: 'gauge',
      labels: { country },
      samples: minutes.map(minute => [at(minute), Math.round((random.next() - 0.3) * 100_000) / 100]),
    })
  for (const shard of ['0', '1', '2']) {
    let total = shard === '2' ? 3 : 0
    series.push({
      name: 'records_total',
      type: 'counter',
      labels: { shard },
      samples: minutes.map(minute => {
        total = minute === 70 && shard === '1' ? 5 : total + Math.floor(random.next() * 50)
        return [at(minute), total]
      }),
    })
  }
  for (const page of ['/', '/cart']) {
    const counts = [0, 0, 0, 0, 0]
    const bounds = ['0.1', '0.5', '1', '2.5', '+Inf']
    const rows = minutes.map(minute => {
      for (let i = 0; i < bounds.length; i++) counts[i] = (counts[i] ?? 0) + Math.floor(random.next() * 9)
      return { minute, cumulative: counts.map((_, i) => counts.slice(0, i + 1).reduce((sum, count) => sum + count, 0)) }
    })
    bounds.forEach((le, i) => {
      series.push({
        name: 'delay_seconds_bucket',
        type: 'histogram',
        labels: { page, le },
        samples: rows.map(({ minute, cumulative }) => [at(minute), cumulative[i] ?? 0]),
      })
    })
  }
  series.push({
    name: 'odd_value',
    type: 'gauge',
    labels: { kind: 'special' },
    samples: minutes.map(minute => [
      at(minute),
      [Number.NaN, Number.POSITIVE_INFINITY, -0.5, Number.NEGATIVE_INFINITY, 1e-9][minute % 5] ?? 0,
    ]),
  })
  series.push({
    name: 'odd_value',
    type: 'gauge',
    labels: { kind: 'constant', text: 'größe "x"\n\\' },
    samples: minutes.map(minute => [at(minute), 7]),
  })
  series.push({ name: 'lone_value', type: 'gauge', labels: {}, samples: [[at(100), 42]] })
  return series
}

export function sourceOf(series: readonly JudgedSeries[]): SeriesSource & { metadata: [] } {
  const data: SeriesData[] = series.map(({ name, labels, samples }) => ({
    labels: Labels.of([['__name__', name], ...Object.entries(labels)]),
    times: Float64Array.from(samples, ([time]) => time),
    values: Float64Array.from(samples, ([, value]) => value),
    start: 0,
    end: samples.length,
  }))
  return { metadata: [], select: matchers => data.filter(({ labels }) => matchesAll(labels, matchers)) }
}

/** The OpenMetrics text that `promtool tsdb create-blocks-from openmetrics` reads. */
export function openMetrics(series: readonly JudgedSeries[]): string {
  const lines: string[] = []
  const families = new Map<string, JudgedSeries['type']>()
  for (const { name, type } of series) families.set(familyOf(name, type), type)
  for (const [family, type] of families) {
    lines.push(`# TYPE ${family} ${type}`)
    for (const { name, type: own, labels, samples } of series) {
      if (familyOf(name, own) !== family) continue
      const inner = Object.entries(labels).map(
        ([label, value]) => `${label}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
      )
      for (const [time, value] of samples) {
        const text = Number.isNaN(value)
          ? 'NaN'
          : value === Number.POSITIVE_INFINITY
            ? '+Inf'
            : value === Number.NEGATIVE_INFINITY
              ? '-Inf'
              : String(value)
        lines.push(`${name}{${inner.join(',')}} ${text} ${time / 1_000}`)
      }
    }
  }
  return `${lines.join('\n')}\n# EOF\n`
}

function familyOf(name: string, type: JudgedSeries['type']): string {
  return type === 'counter' ? name.replace(/_total$/, '') : type === 'histogram' ? name.replace(/_bucket$/, '') : name
}
