/** The parameters of the Prometheus HTTP API: from the query text, and from a form where the request is a POST. */
import { durationMs } from './promql/literals.ts'
import { QueryError } from './promql/query-error.ts'

/** Steps of a range query, as in Prometheus. */
export const STEPS_MAX = 11_000
/** Instants outside of these years are a mistake of units. */
const TIME_MS_MAX = 253_402_300_799_999

/** @throws QueryError `bad_data` that names the parameter */
export function timeParameter(parameters: URLSearchParams, name: string, fallback: number | null): number {
  const text = parameters.get(name)
  if (text === null || text === '') {
    if (fallback === null) throw invalid(name, 'it is missing; give seconds since 1970 or an RFC 3339 time')
    return fallback
  }
  const ms = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) * 1_000 : rfc3339(text)
  if (Number.isNaN(ms) || Math.abs(ms) > TIME_MS_MAX)
    throw invalid(
      name,
      `cannot parse ${JSON.stringify(text)} to a valid timestamp; give seconds since 1970 or an RFC 3339 time`,
    )
  return Math.round(ms)
}

function rfc3339(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)$/i.test(text) ? Date.parse(text) : Number.NaN
}

/** Milliseconds of seconds or of a duration. @throws QueryError `bad_data` */
export function durationParameter(parameters: URLSearchParams, name: string, fallback: number | null): number {
  const text = parameters.get(name)
  if (text === null || text === '') {
    if (fallback === null) throw invalid(name, 'it is missing; give seconds or a duration such as 15s')
    return fallback
  }
  const seconds = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  const ms = Number.isNaN(seconds) ? durationMs(text) : seconds * 1_000
  if (ms === null || !Number.isFinite(ms))
    throw invalid(
      name,
      `cannot parse ${JSON.stringify(text)} to a valid duration; give seconds or a duration such as 15s`,
    )
  return ms
}

export interface RangeParameters {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

/** @throws QueryError `bad_data` */
export function rangeParameters(parameters: URLSearchParams): RangeParameters {
  const startMs = timeParameter(parameters, 'start', null)
  const endMs = timeParameter(parameters, 'end', null)
  if (endMs < startMs) throw invalid('end', 'end timestamp must not be before start time')
  const stepMs = Math.round(durationParameter(parameters, 'step', null))
  if (stepMs <= 0)
    throw invalid('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer')
  if ((endMs - startMs) / stepMs > STEPS_MAX)
    throw new QueryError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    )
  return { startMs, endMs, stepMs }
}

/** 0: no limit. @throws QueryError `bad_data` */
export function limitParameter(parameters: URLSearchParams): number {
  const text = parameters.get('limit') ?? '0'
  if (!/^\d{1,9}$/.test(text)) throw invalid('limit', 'limit must be a whole number from 0')
  return Number(text)
}

export function invalid(name: string, sentence: string): QueryError {
  return new QueryError('bad_data', `invalid parameter "${name}": ${sentence}`)
}
