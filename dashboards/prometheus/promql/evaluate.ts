/**
 * Evaluates a query at instants. The semantics are those of Prometheus 3: an instant vector looks back over (t - lookback, t], a range
 * vector over (t - range, t]; samples are never interpolated. Nothing here knows where the samples come from.
 */
import { assert, type Clock } from '../../../core/index.ts'
import { Turns } from '../../../core/turns.ts'
import { aggregate, grouping } from './aggregate.ts'
import type { Aggregate, Binary, Call, Expression, Matcher, Selector, Shift, Subquery } from './ast.ts'
import { combineSets, joinVectors, operate, withNumber } from './binary.ts'
import { checkUnique, joinLabels, replaceLabel } from './label-functions.ts'
import { Labels, METRIC_NAME, withoutName } from './labels.ts'
import { QueryError } from './query-error.ts'
import { RANGE_FUNCTIONS } from './range-functions.ts'
import { after, type Sample, type SeriesData, type SeriesSource, type Vector } from './series.ts'
import { type Bucket, bucketQuantile, nanFirst } from './statistics.ts'
import { TIME_FUNCTIONS, VECTOR_FUNCTIONS } from './vector-functions.ts'

/** How far an instant vector looks back unless the query says otherwise, as in Prometheus. */
export const LOOKBACK_MS_DEFAULT = 300_000
/** Interval of a subquery that names none: the evaluation interval of Prometheus. */
export const SUBQUERY_STEP_MS_DEFAULT = 60_000
/** Samples that one query may look at, each as often as it does; series without one and steps of subqueries count as well. */
export const SAMPLES_READ_MAX = 20_000_000
/** Samples of inner queries that one query may hold. */
export const SAMPLES_HELD_MAX = 2_000_000
/** Looking for samples in so many series counts as one sample. */
const SERIES_PER_COUNT = 16

export interface EvaluationOptions {
  readonly source: SeriesSource
  /** epoch milliseconds, both included; what `@ start()` and `@ end()` mean */
  readonly startMs: number
  readonly endMs: number
  readonly lookbackMs?: number
  readonly samplesMax?: number
}

export type Value = number | string | Vector

/** One query over one source. */
export class Evaluation {
  readonly #options: EvaluationOptions
  readonly #lookbackMs: number
  readonly #selected = new Map<Selector, readonly SeriesData[]>()
  readonly #groupings = new Map<Aggregate, (of: Labels) => Labels>()
  readonly #nameless = new WeakMap<Labels, Labels>()
  /** inner results of subqueries by instant: steps of the outer query share most of them */
  readonly #inner = new Map<Subquery, Map<number, Vector>>()
  #samplesLeft: number
  #heldLeft = SAMPLES_HELD_MAX

  constructor(options: EvaluationOptions) {
    this.#options = options
    this.#lookbackMs = options.lookbackMs ?? LOOKBACK_MS_DEFAULT
    this.#samplesLeft = options.samplesMax ?? SAMPLES_READ_MAX
  }

  /** The value at an instant. @throws QueryError `execution` */
  at(expression: Expression, timeMs: number): Value {
    switch (expression.kind) {
      case 'number':
      case 'string':
        return expression.value
      case 'negate': {
        const value = this.at(expression.of, timeMs)
        if (typeof value === 'number') return -value
        return this.#each(this.#vector(value), number => -number)
      }
      case 'selector':
        assert(expression.rangeMs === null, 'a range vector stands only where a function takes it')
        return this.#instant(expression, timeMs)
      case 'subquery':
        throw new QueryError('execution', 'a range vector has no value of its own; put a function around it')
      case 'binary':
        return this.#binary(expression, timeMs)
      case 'aggregate':
        return this.#aggregate(expression, timeMs)
      case 'call':
        return this.#call(expression, timeMs)
    }
  }

  /** Series of a range vector at an instant, for a query that asks for the samples themselves. */
  samples(expression: Selector | Subquery, timeMs: number): SeriesData[] {
    return this.#matrix(expression, timeMs).map(({ series, from, to }) => ({ ...series, start: from, end: to }))
  }

  #instant(selector: Selector, timeMs: number): Sample[] {
    const time = this.#shifted(selector.shift, timeMs)
    const result: Sample[] = []
    for (const { labels, times, values, start, end } of this.#select(selector)) {
      const index = after(times, time, start, end) - 1
      const at = times[index]
      if (index < start || at === undefined || at <= time - this.#lookbackMs) continue
      result.push({ labels, value: values[index] ?? Number.NaN, at })
    }
    this.#count(result.length + Math.ceil(this.#select(selector).length / SERIES_PER_COUNT))
    return result
  }

  #binary(expression: Binary, timeMs: number): Value {
    const { op } = expression
    const left = this.at(expression.left, timeMs)
    const right = this.at(expression.right, timeMs)
    if (typeof left === 'number' && typeof right === 'number') return operate(op, left, right)
    if (typeof right === 'number') return unique(withNumber(expression, this.#vector(left), right, false))
    if (typeof left === 'number') return unique(withNumber(expression, this.#vector(right), left, true))
    const [a, b] = [this.#vector(left), this.#vector(right)]
    if (op === 'and' || op === 'or' || op === 'unless') return combineSets(op, expression.matching, a, b)
    return joinVectors(expression, a, b)
  }

  #aggregate(expression: Aggregate, timeMs: number): Vector {
    let group = this.#groupings.get(expression)
    if (group === undefined) {
      group = grouping(expression)
      this.#groupings.set(expression, group)
    }
    const parameter = expression.parameter === null ? null : this.at(expression.parameter, timeMs)
    assert(parameter === null || typeof parameter !== 'object', 'a parameter is a number or a text')
    return aggregate(expression, group, this.#vector(this.at(expression.of, timeMs)), parameter)
  }

  #call(call: Call, timeMs: number): Value {
    const { name } = call
    const overRange = RANGE_FUNCTIONS.get(name)
    if (overRange !== undefined || name === 'absent_over_time') return this.#overRange(call, timeMs)
    const given = call.arguments.map(argument => this.at(argument, timeMs))
    const number = (index: number): number => Number(given[index] ?? Number.NaN)
    const text = (index: number): string => {
      const value = given[index]
      return typeof value === 'string' ? value : ''
    }
    if (TIME_FUNCTIONS.has(name) && given.length === 0) given.push([{ labels: Labels.NONE, value: timeMs / 1_000 }])
    const ofEach = VECTOR_FUNCTIONS.get(name)
    const vector = typeof given[0] === 'object' ? given[0] : []
    if (ofEach !== undefined) {
      const parameters = given.slice(1).map(Number)
      if (name === 'clamp' && (parameters[0] ?? 0) > (parameters[1] ?? 0)) return []
      return this.#each(vector, value => ofEach(value, parameters))
    }
    switch (name) {
      case 'time':
        return timeMs / 1_000
      case 'pi':
        return Math.PI
      case 'vector':
        return [{ labels: Labels.NONE, value: number(0) }]
      case 'scalar':
        return vector.length === 1 ? (vector[0]?.value ?? Number.NaN) : Number.NaN
      case 'timestamp':
        return unique(
          vector.map(({ labels, at }) => ({ labels: this.#withoutName(labels), value: (at ?? timeMs) / 1_000 })),
        )
      case 'sort':
        return vector.toSorted((a, b) => nanLast(a.value, b.value, a.value - b.value))
      case 'sort_desc':
        return vector.toSorted((a, b) => nanLast(a.value, b.value, b.value - a.value))
      case 'absent':
        return vector.length > 0 ? [] : [{ labels: labelsOfAbsent(call.arguments[0]), value: 1 }]
      case 'label_replace':
        return unique(replaceLabel(vector, text(1), text(2), text(3), text(4)))
      case 'label_join':
        return unique(joinLabels(vector, text(1), text(2), given.slice(3).map(String)))
      case 'histogram_quantile':
        return quantilesOfHistograms(number(0), this.#vector(given[1] ?? []))
      default:
        throw new QueryError('execution', `${name}() is known and has no meaning`)
    }
  }

  #overRange(call: Call, timeMs: number): Vector {
    const { name } = call
    const position = call.arguments.findIndex(argument => isRange(argument))
    const range = call.arguments[position]
    assert(range !== undefined && isRange(range), 'a function of a range vector is given one')
    const other = call.arguments.find((_, index) => index !== position)
    const parameter = other === undefined ? 0 : Number(this.at(other, timeMs))
    const slices = this.#matrix(range, timeMs)
    if (name === 'absent_over_time')
      return slices.length > 0
        ? []
        : [{ labels: labelsOfAbsent(range.kind === 'selector' ? range : undefined), value: 1 }]
    const apply = RANGE_FUNCTIONS.get(name)
    assert(apply !== undefined, 'a range function was looked up before')
    const endMs = this.#shifted(range.shift, timeMs)
    const startMs = endMs - (range.rangeMs ?? 0)
    const result: Sample[] = []
    for (const { series, from, to } of slices) {
      const { times, values } = series
      const value = apply({ times, values, from, to, startMs, endMs, evaluatedAt: timeMs }, parameter)
      if (value === null) continue
      result.push({ labels: name === 'last_over_time' ? series.labels : this.#withoutName(series.labels), value })
    }
    return unique(result)
  }

  /** Series with at least one sample in the range, and where these samples lie. */
  #matrix(range: Selector | Subquery, timeMs: number): { series: SeriesData; from: number; to: number }[] {
    const end = this.#shifted(range.shift, timeMs)
    const start = end - (range.rangeMs ?? 0)
    const all = range.kind === 'selector' ? this.#select(range) : this.#subquery(range, start, end)
    this.#count(Math.ceil(all.length / SERIES_PER_COUNT))
    const result: { series: SeriesData; from: number; to: number }[] = []
    for (const series of all) {
      const from = after(series.times, start, series.start, series.end)
      const to = after(series.times, end, from, series.end)
      if (from === to) continue
      this.#count(to - from)
      result.push({ series, from, to })
    }
    return result
  }

  /** The inner query at every multiple of the step in (start, end]. */
  #subquery(subquery: Subquery, start: number, end: number): SeriesData[] {
    const step = subquery.stepMs ?? SUBQUERY_STEP_MS_DEFAULT
    let known = this.#inner.get(subquery)
    if (known === undefined) {
      known = new Map()
      this.#inner.set(subquery, known)
    }
    const points = new Map<string, { readonly labels: Labels; readonly times: number[]; readonly values: number[] }>()
    for (let time = (Math.floor(start / step) + 1) * step; time <= end; time += step) {
      this.#count(1)
      let vector = known.get(time)
      if (vector === undefined) {
        vector = this.#vector(this.at(subquery.of, time))
        this.#hold(vector.length + 1)
        known.set(time, vector)
      }
      this.#count(vector.length)
      for (const { labels, value } of vector) {
        let series = points.get(labels.key)
        if (series === undefined) {
          series = { labels, times: [], values: [] }
          points.set(labels.key, series)
        }
        series.times.push(time)
        series.values.push(value)
      }
    }
    return [...points.values()].map(({ labels, times, values }) => ({
      labels,
      times: Float64Array.from(times),
      values: Float64Array.from(values),
      start: 0,
      end: times.length,
    }))
  }

  #select(selector: Selector): readonly SeriesData[] {
    let series = this.#selected.get(selector)
    if (series === undefined) {
      series = this.#options.source.select(selector.matchers)
      this.#selected.set(selector, series)
    }
    return series
  }

  #shifted({ offsetMs, at }: Shift, timeMs: number): number {
    const { startMs, endMs } = this.#options
    const time = at === null ? timeMs : at === 'start' ? startMs : at === 'end' ? endMs : at
    return time - offsetMs
  }

  #vector(value: Value): Vector {
    assert(typeof value === 'object', 'types were checked when the query was read')
    return value
  }

  #each(vector: Vector, change: (value: number) => number): Vector {
    return unique(vector.map(({ labels, value }) => ({ labels: this.#withoutName(labels), value: change(value) })))
  }

  #withoutName(labels: Labels): Labels {
    let nameless = this.#nameless.get(labels)
    if (nameless === undefined) {
      nameless = withoutName(labels)
      this.#nameless.set(labels, nameless)
    }
    return nameless
  }

  #hold(samples: number): void {
    this.#heldLeft -= samples
    if (this.#heldLeft < 0)
      throw new QueryError(
        'execution',
        `the subqueries of this query hold more than ${SAMPLES_HELD_MAX} samples; take larger steps`,
      )
  }

  #count(samples: number): void {
    this.#samplesLeft -= samples
    if (this.#samplesLeft < 0)
      throw new QueryError(
        'execution',
        `the query looks at more than ${this.#options.samplesMax ?? SAMPLES_READ_MAX} samples; ask for less time, larger steps or fewer series`,
      )
  }
}

/** Points of one series of a range query. */
export interface RangeSeries {
  readonly labels: Labels
  readonly times: number[]
  readonly values: number[]
}

/** Points that the answer of one range query may have. */
export const POINTS_MAX = 1_000_000

/**
 * The query at `startMs`, `startMs + stepMs`, ... up to and including `endMs`. The event loop turns between steps.
 * @throws QueryError `execution`
 */
export async function evaluateRange(
  expression: Expression,
  options: EvaluationOptions & { readonly stepMs: number; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<RangeSeries[]> {
  const { startMs, endMs, stepMs, clock } = options
  const evaluation = new Evaluation(options)
  const turns = new Turns(clock)
  const all = new Map<string, RangeSeries>()
  let points = 0
  for (let time = startMs; time <= endMs; time += stepMs) {
    await turns.take()
    if (options.signal?.aborted === true) throw new QueryError('execution', 'the client has gone away')
    const value = evaluation.at(expression, time)
    const vector: Vector =
      typeof value === 'number' ? [{ labels: Labels.NONE, value }] : typeof value === 'string' ? [] : value
    points += vector.length
    if (points > POINTS_MAX)
      throw new QueryError(
        'execution',
        `the answer has more than ${POINTS_MAX} points; ask for less time, larger steps or fewer series`,
      )
    checkUnique(vector)
    for (const { labels, value: number } of vector) {
      let series = all.get(labels.key)
      if (series === undefined) {
        series = { labels, times: [], values: [] }
        all.set(labels.key, series)
      }
      series.times.push(time)
      series.values.push(number)
    }
  }
  return [...all.values()]
}

function unique(vector: Sample[]): Sample[] {
  checkUnique(vector)
  return vector
}

function nanLast(a: number, b: number, order: number): number {
  return Number.isNaN(a) || Number.isNaN(b) ? -nanFirst(a, b) : order
}

function isRange(expression: Expression): expression is Selector | Subquery {
  return expression.kind === 'subquery' || (expression.kind === 'selector' && expression.rangeMs !== null)
}

/** Labels that a selector fixes, but for its name; a label that is named twice is not fixed. */
function labelsOfAbsent(expression: Expression | undefined): Labels {
  if (expression?.kind !== 'selector') return Labels.NONE
  const fixed = new Map<string, string>()
  const twice = new Set<string>()
  for (const { name, op, value } of expression.matchers) {
    if (name === METRIC_NAME) continue
    if (op === '=' && !fixed.has(name) && !twice.has(name)) fixed.set(name, value)
    else {
      fixed.delete(name)
      twice.add(name)
    }
  }
  return Labels.of(fixed)
}

const BUCKET_LABELS: ReadonlySet<string> = new Set(['le', METRIC_NAME])

function quantilesOfHistograms(quantile: number, vector: Vector): Sample[] {
  const histograms = new Map<string, { readonly labels: Labels; readonly buckets: Bucket[] }>()
  for (const { labels, value } of vector) {
    const bound = boundOf(labels.get('le'))
    if (bound === null) continue
    const own = labels.except(BUCKET_LABELS)
    const known = histograms.get(own.key)
    if (known === undefined) histograms.set(own.key, { labels: own, buckets: [{ bound, count: value }] })
    else known.buckets.push({ bound, count: value })
  }
  return [...histograms.values()].map(({ labels, buckets }) => ({ labels, value: bucketQuantile(quantile, buckets) }))
}

function boundOf(text: string): number | null {
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY
  const number = text === '' ? Number.NaN : Number(text)
  return Number.isNaN(number) ? null : number
}

/** Whether a series is one of those that are asked for. */
export function matchesAll(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every(matcher => matcher.matches(labels.get(matcher.name)))
}
