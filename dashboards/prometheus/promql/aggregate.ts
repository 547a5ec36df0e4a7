/** Aggregations over the series of an instant vector. */
import type { Aggregate } from './ast.ts'
import { type Labels, METRIC_NAME } from './labels.ts'
import { QueryError } from './query-error.ts'
import type { Sample, Vector } from './series.ts'
import { meanOf, nanFirst, quantileOf, sumOf, varianceOf } from './statistics.ts'

interface Group {
  readonly labels: Labels
  readonly samples: Sample[]
}

/** The labels that make a group; one function for an expression, so that each series is looked at once. */
export function grouping({ without, labels }: Aggregate): (of: Labels) => Labels {
  const names = new Set(without ? [...labels, METRIC_NAME] : labels)
  const known = new WeakMap<Labels, Labels>()
  return of => {
    let group = known.get(of)
    if (group === undefined) {
      group = without ? of.except(names) : of.only(names)
      known.set(of, group)
    }
    return group
  }
}

/** @param parameter of topk, bottomk and quantile; the label name of count_values */
export function aggregate(
  { op }: Aggregate,
  group: (of: Labels) => Labels,
  vector: Vector,
  parameter: number | string | null,
): Sample[] {
  const groups = new Map<string, Group>()
  for (const sample of vector) {
    const labels = group(sample.labels)
    const known = groups.get(labels.key)
    if (known === undefined) groups.set(labels.key, { labels, samples: [sample] })
    else known.samples.push(sample)
  }
  const result: Sample[] = []
  for (const { labels, samples } of groups.values()) {
    if (op === 'topk' || op === 'bottomk') {
      for (const { labels: own, value } of ranked(op, samples, Number(parameter))) result.push({ labels: own, value })
    } else if (op === 'count_values') result.push(...countedValues(labels, samples, String(parameter)))
    else {
      const values = Float64Array.from(samples, sample => sample.value)
      result.push({ labels, value: reduced(op, values, Number(parameter)) })
    }
  }
  return result
}

function reduced(
  op: Exclude<Aggregate['op'], 'topk' | 'bottomk' | 'count_values'>,
  values: Float64Array,
  parameter: number,
): number {
  switch (op) {
    case 'sum':
      return sumOf(values, 0, values.length)
    case 'avg':
      return meanOf(values, 0, values.length)
    case 'min':
      return values.reduce((best, value) => (value < best || Number.isNaN(best) ? value : best))
    case 'max':
      return values.reduce((best, value) => (value > best || Number.isNaN(best) ? value : best))
    case 'count':
      return values.length
    case 'group':
      return 1
    case 'stdvar':
      return varianceOf(values, 0, values.length)
    case 'stddev':
      return Math.sqrt(varianceOf(values, 0, values.length))
    case 'quantile':
      return quantileOf(parameter, values)
  }
}

/** The k largest or smallest, best first; NaN is never better than a number. */
function ranked(op: 'topk' | 'bottomk', samples: readonly Sample[], k: number): Sample[] {
  if (!Number.isFinite(k)) throw new QueryError('execution', `${op}() takes a finite number of series, not ${k}`)
  const isTop = op === 'topk'
  const sorted = samples.toSorted((a, b) => {
    if (Number.isNaN(a.value) || Number.isNaN(b.value)) return -nanFirst(a.value, b.value)
    return isTop ? b.value - a.value : a.value - b.value
  })
  return sorted.slice(0, Math.max(0, Math.trunc(k)))
}

function countedValues(group: Labels, samples: readonly Sample[], name: string): Sample[] {
  if (!/^[a-zA-Z_]\w*$/.test(name)) throw new QueryError('execution', `invalid label name ${JSON.stringify(name)}`)
  const counts = new Map<string, number>()
  for (const { value } of samples) {
    const text = valueText(value)
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts].map(([text, value]) => ({ labels: group.with(name, text), value }))
}

/** A number as Go writes it without an exponent. */
export function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  if (Object.is(value, -0)) return '-0'
  const text = String(value)
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (match === null) return text
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = whole + fraction
  const point = 1 + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits.padEnd(point, '0')}`
}
