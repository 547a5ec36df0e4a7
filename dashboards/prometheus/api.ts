/**
 * The part of Prometheus' HTTP API that clients read with: Grafana's Prometheus data source, promtool, and others.
 *
 *   /api/v1/query, query_range              POST form or GET
 *   /api/v1/labels, label/NAME/values, series
 *   /api/v1/metadata, status/buildinfo, rules, alerts, query_exemplars
 *
 * Answers are those of "HTTP API" in Prometheus' documentation; who may ask is the server's business.
 */
import type { Clock, HttpReply, HttpRequest } from '../../core/index.ts'
import { hasCode } from '../../core/index.ts'
import { PatternTooCostly } from '../../core/patterns/pattern-error.ts'
import { durationParameter, invalid, limitParameter, rangeParameters, timeParameter } from './parameters.ts'
import type { Matcher } from './promql/ast.ts'
import { Evaluation, evaluateRange, LOOKBACK_MS_DEFAULT, POINTS_MAX } from './promql/evaluate.ts'
import { compareLabels, type Labels } from './promql/labels.ts'
import { parseQuery } from './promql/parse.ts'
import { QueryError } from './promql/query-error.ts'
import type { SeriesData, SeriesSource } from './promql/series.ts'
import { typeOf } from './promql/types.ts'
import type { MetricMetadata } from './result-series.ts'

/** Bytes of a form. */
export const FORM_BYTES_MAX = 65_536
/** Queries that are evaluated at once; further ones wait. */
export const QUERIES_AT_ONCE_MAX = 8
/** Queries that wait for their turn: a dashboard sends one for each panel. */
export const QUERIES_WAITING_MAX = 64
/** `match[]` of one request. */
const MATCHES_MAX = 32
/** What clients take us for: they switch features on by it. */
const COMPATIBLE_VERSION = '3.0.0'

const PREFIX = '/api/v1/'
const LABEL_VALUES = /^label\/([^/]+)\/values$/
const METHODS: Readonly<Record<string, readonly string[]>> = {
  query: ['GET', 'POST'],
  query_range: ['GET', 'POST'],
  query_exemplars: ['GET', 'POST'],
  labels: ['GET', 'POST'],
  series: ['GET', 'POST'],
  metadata: ['GET'],
  rules: ['GET'],
  alerts: ['GET'],
  'status/buildinfo': ['GET'],
}

type Answer = { readonly data: unknown; readonly warnings?: readonly string[] }

/** What is asked, and the clock that tells the time of a query that names none. */
export interface PrometheusApiOptions {
  readonly series: SeriesSource & { readonly metadata: readonly MetricMetadata[] }
  readonly clock: Clock
}

/** One for a listener; queries of all its clients share its limits. */
export class PrometheusApi {
  readonly #series: PrometheusApiOptions['series']
  readonly #clock: Clock
  #queries = 0
  readonly #waiting: (() => void)[] = []

  constructor({ series, clock }: PrometheusApiOptions) {
    this.#series = series
    this.#clock = clock
  }

  /** Whether a path (without query text) is one of this API, and by which methods; null for all other paths. */
  methodsOf(path: string): readonly string[] | null {
    if (!path.startsWith(PREFIX)) return null
    const name = path.slice(PREFIX.length)
    if (Object.hasOwn(METHODS, name)) return METHODS[name] ?? null
    return LABEL_VALUES.test(name) ? ['GET'] : null
  }

  /** Answers a request whose path `methodsOf` knows and whose sender was judged. Never rejects for a query of the user's. */
  async handle(
    request: HttpRequest,
    reply: HttpReply,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    let status = 200
    let body: unknown
    try {
      const { data, warnings } = await this.#answer(
        path.slice(PREFIX.length),
        await parametersOf(request),
        request.signal,
      )
      body = { status: 'success', data, ...(warnings === undefined ? {} : { warnings }) }
    } catch (error) {
      const told = refusalOf(error)
      if (told === null) throw error
      status = told.status
      body = { status: 'error', errorType: told.type, error: told.message }
    }
    const bytes = Buffer.from(JSON.stringify(body))
    reply.start(status, {
      ...headers,
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'content-length': String(bytes.length),
      ...(status === 503 ? { 'retry-after': '1' } : {}),
    })
    reply.end(request.method === 'HEAD' ? undefined : bytes)
  }

  async #answer(name: string, parameters: URLSearchParams, signal: AbortSignal): Promise<Answer> {
    switch (name) {
      case 'query':
        return this.#limited(async () => this.#query(parameters))
      case 'query_range':
        return this.#limited(() => this.#queryRange(parameters, signal))
      case 'labels': {
        const names = new Set(this.#found(parameters).flatMap(({ labels }) => labels.entries.map(([label]) => label)))
        return cut([...names].sort(), limitParameter(parameters))
      }
      case 'series': {
        if (parameters.getAll('match[]').length === 0) throw new QueryError('bad_data', 'no match[] parameter provided')
        const found = this.#found(parameters).map(({ labels }) => labels)
        return cut(found.sort(compareLabels), limitParameter(parameters))
      }
      case 'metadata':
        return { data: this.#metadata(parameters) }
      case 'rules':
        return { data: { groups: [] } }
      case 'alerts':
        return { data: { alerts: [] } }
      case 'query_exemplars':
        return { data: [] }
      case 'status/buildinfo':
        return {
          data: { version: COMPATIBLE_VERSION, revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' },
        }
      default: {
        const label = decodeURIComponent(LABEL_VALUES.exec(name)?.[1] ?? '')
        if (!/^[a-zA-Z_]\w*$/.test(label))
          throw new QueryError('bad_data', `invalid label name: ${JSON.stringify(label)}`)
        const values = new Set(this.#found(parameters).map(({ labels }) => labels.get(label)))
        values.delete('')
        return cut([...values].sort(), limitParameter(parameters))
      }
    }
  }

  #query(parameters: URLSearchParams): Answer {
    const timeMs = timeParameter(parameters, 'time', this.#clock.now())
    const expression = parseQuery(queryOf(parameters))
    const evaluation = new Evaluation({
      source: this.#series,
      startMs: timeMs,
      endMs: timeMs,
      lookbackMs: durationParameter(parameters, 'lookback_delta', LOOKBACK_MS_DEFAULT),
    })
    const limit = limitParameter(parameters)
    if (typeOf(expression) === 'matrix') {
      if (expression.kind !== 'selector' && expression.kind !== 'subquery')
        throw new QueryError('execution', 'this is no range vector')
      const found = evaluation.samples(expression, timeMs)
      if (found.reduce((sum, { start, end }) => sum + end - start, 0) > POINTS_MAX)
        throw new QueryError(
          'execution',
          `the answer has more than ${POINTS_MAX} points; ask for less time or fewer series`,
        )
      const result = found.map(series => ({ metric: series.labels, values: pointsOf(series) }))
      result.sort((a, b) => compareLabels(a.metric, b.metric))
      return answered('matrix', result, limit)
    }
    const value = evaluation.at(expression, timeMs)
    if (typeof value === 'number') return { data: { resultType: 'scalar', result: point(timeMs, value) } }
    if (typeof value === 'string') return { data: { resultType: 'string', result: [timeMs / 1_000, value] } }
    return answered(
      'vector',
      value.map(sample => ({ metric: sample.labels, value: point(timeMs, sample.value) })),
      limit,
    )
  }

  async #queryRange(parameters: URLSearchParams, signal: AbortSignal): Promise<Answer> {
    const range = rangeParameters(parameters)
    const expression = parseQuery(queryOf(parameters))
    const type = typeOf(expression)
    if (type !== 'vector' && type !== 'scalar')
      throw invalid(
        'query',
        `invalid expression type "${type === 'matrix' ? 'range vector' : type}" for range query, must be Scalar or instant Vector`,
      )
    const series = await evaluateRange(expression, {
      ...range,
      source: this.#series,
      lookbackMs: durationParameter(parameters, 'lookback_delta', LOOKBACK_MS_DEFAULT),
      clock: this.#clock,
      signal,
    })
    series.sort((a, b) => compareLabels(a.labels, b.labels))
    const result = series.map(({ labels, times, values }) => ({
      metric: labels,
      values: times.map((time, index) => point(time, values[index] ?? Number.NaN)),
    }))
    return answered('matrix', result, limitParameter(parameters))
  }

  /** Series that any of the matchers finds, or all, with a sample in the time that is asked for. */
  #found(parameters: URLSearchParams): SeriesData[] {
    const startMs = timeParameter(parameters, 'start', Number.NEGATIVE_INFINITY)
    const endMs = timeParameter(parameters, 'end', Number.POSITIVE_INFINITY)
    const texts = parameters.getAll('match[]')
    if (texts.length > MATCHES_MAX) throw invalid('match[]', `${texts.length} selectors; the limit is ${MATCHES_MAX}`)
    const lists: (readonly Matcher[])[] = texts.map(matchersOf)
    const found = new Map<string, SeriesData>()
    for (const matchers of texts.length === 0 ? [[]] : lists)
      for (const series of this.#series.select(matchers)) {
        const first = series.times[series.start] ?? 0
        const last = series.times[series.end - 1] ?? 0
        if (first <= endMs && last >= startMs) found.set(series.labels.key, series)
      }
    return [...found.values()]
  }

  #metadata(parameters: URLSearchParams): Record<string, unknown> {
    const metric = parameters.get('metric')
    const limit = limitParameter(parameters)
    const wanted = this.#series.metadata.filter(entry => metric === null || metric === '' || entry.metric === metric)
    const shown = limit === 0 ? wanted : wanted.slice(0, limit)
    return Object.fromEntries(shown.map(({ metric: name, help }) => [name, [{ type: 'gauge', help, unit: '' }]]))
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#queries >= QUERIES_AT_ONCE_MAX) {
      if (this.#waiting.length >= QUERIES_WAITING_MAX)
        throw new TooManyQueries(`${QUERIES_AT_ONCE_MAX} queries are evaluated and ${QUERIES_WAITING_MAX} wait already`)
      // Who is woken takes the place of the one that ended, so that nobody overtakes it.
      await new Promise<void>(resolve => void this.#waiting.push(resolve))
    } else this.#queries++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#queries--
      else next()
    }
  }
}

class TooManyQueries extends Error {}

async function parametersOf(request: HttpRequest): Promise<URLSearchParams> {
  const at = request.url.indexOf('?')
  const parameters = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1))
  if (request.method !== 'POST') return parameters
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== undefined && type !== 'application/x-www-form-urlencoded')
    throw new QueryError('bad_data', `the body must be application/x-www-form-urlencoded, not ${type}`)
  for (const [name, value] of new URLSearchParams(Buffer.from(await request.body(FORM_BYTES_MAX)).toString('utf8')))
    parameters.append(name, value)
  return parameters
}

function queryOf(parameters: URLSearchParams): string {
  const query = parameters.get('query')
  if (query === null || query.trim() === '')
    throw invalid('query', 'unknown position: parse error: no expression found in input')
  return query
}

function matchersOf(text: string): readonly Matcher[] {
  const expression = parseQuery(text)
  if (
    expression.kind !== 'selector' ||
    expression.rangeMs !== null ||
    expression.shift.at !== null ||
    expression.shift.offsetMs !== 0
  )
    throw invalid('match[]', `${text} is no series selector`)
  return expression.matchers
}

function pointsOf({ times, values, start, end }: SeriesData): [number, string][] {
  const points: [number, string][] = []
  for (let index = start; index < end; index++) points.push(point(times[index] ?? 0, values[index] ?? Number.NaN))
  return points
}

/** Seconds, and the value as text, since JSON has no NaN. */
function point(timeMs: number, value: number): [number, string] {
  const text =
    value === Number.POSITIVE_INFINITY
      ? '+Inf'
      : value === Number.NEGATIVE_INFINITY
        ? '-Inf'
        : Object.is(value, -0)
          ? '-0'
          : String(value)
  return [timeMs / 1_000, text]
}

function answered(
  resultType: 'vector' | 'matrix',
  result: readonly { readonly metric: Labels }[],
  limit: number,
): Answer {
  const isCut = limit > 0 && result.length > limit
  return {
    data: { resultType, result: isCut ? result.slice(0, limit) : result },
    ...(isCut ? { warnings: ['results truncated due to limit'] } : {}),
  }
}

function cut(data: readonly unknown[], limit: number): Answer {
  if (limit === 0 || data.length <= limit) return { data }
  return { data: data.slice(0, limit), warnings: ['results truncated due to limit'] }
}

function refusalOf(error: unknown): { status: number; type: string; message: string } | null {
  if (error instanceof QueryError)
    return { status: error.type === 'bad_data' ? 400 : 422, type: error.type, message: error.message }
  if (error instanceof PatternTooCostly)
    return { status: 422, type: 'execution', message: `a regular expression takes too many steps: ${error.message}` }
  if (error instanceof TooManyQueries) return { status: 503, type: 'unavailable', message: error.message }
  if (error instanceof URIError)
    return { status: 400, type: 'bad_data', message: 'the path holds a percent sign that begins no character' }
  if (hasCode(error, 'limit_exceeded'))
    return { status: 413, type: 'bad_data', message: `the form has more than ${FORM_BYTES_MAX} bytes` }
  return null
}
