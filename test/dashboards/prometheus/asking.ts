/** Requests to the API without a network, and answers held side by side. */
import { expect } from 'vitest'
import type { HttpReply, HttpRequest } from '../../../core/index.ts'
import type { PrometheusApi } from '../../../dashboards/prometheus/api.ts'

export interface Answer {
  readonly status: 'success' | 'error'
  readonly data?: { readonly resultType: string; readonly result: readonly unknown[] }
  readonly errorType?: string
  readonly error?: string
}

/** What the API says to a GET, or to a POST of the same parameters. */
export async function ask(
  api: PrometheusApi,
  name: string,
  parameters: Readonly<Record<string, string>>,
  method: 'GET' | 'POST' = 'GET',
): Promise<Answer> {
  const path = `/api/v1/${name}`
  const text = new URLSearchParams(parameters).toString()
  let body = ''
  const request: HttpRequest = {
    method,
    url: method === 'GET' ? `${path}?${text}` : path,
    headers: method === 'GET' ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
    signal: new AbortController().signal,
    body: async () => Buffer.from(text),
  }
  const reply: HttpReply = {
    closed: false,
    start: () => {},
    write: async () => {},
    end: chunk => {
      body = Buffer.from(chunk ?? '').toString('utf8')
    },
    abort: () => {},
  }
  await api.handle(request, reply, path, {})
  return JSON.parse(body)
}

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

/** Doubles of another order of additions may differ in the last digits. */
const RELATIVE = 1e-9

export function sameAnswer(ours: Answer, theirs: Answer, isOrdered: boolean): void {
  if (theirs.status === 'error') {
    expect(ours.status, `Prometheus: ${theirs.errorType} ${theirs.error}`).toBe('error')
    expect(ours.errorType).toBe(theirs.errorType)
    return
  }
  expect(ours.error).toBeUndefined()
  expect(ours.data?.resultType).toBe(theirs.data?.resultType)
  if (theirs.data?.resultType === 'scalar' || theirs.data?.resultType === 'string') {
    samePoint(ours.data?.result, theirs.data.result)
    return
  }
  const a = inOrder(ours.data?.result as readonly Series[], isOrdered)
  const b = inOrder(theirs.data?.result as readonly Series[], isOrdered)
  expect(a.map(({ metric }) => metric)).toEqual(b.map(({ metric }) => metric))
  a.forEach((series, index) => {
    const points = series.values ?? [series.value]
    const other = b[index]
    const otherPoints = other?.values ?? [other?.value]
    expect(points.length).toBe(otherPoints.length)
    points.forEach((point, at) => {
      samePoint(point, otherPoints[at])
    })
  })
}

function samePoint(a: readonly unknown[] | undefined, b: readonly unknown[] | undefined): void {
  expect(a?.[0]).toBe(b?.[0])
  const [x, y] = [String(a?.[1]), String(b?.[1])]
  if (x === y) return
  const [p, q] = [Number(x), Number(y)]
  if (Math.abs(p - q) <= RELATIVE * Math.max(Math.abs(p), Math.abs(q))) return
  expect(x).toBe(y)
}

function inOrder(series: readonly Series[], isOrdered: boolean): readonly Series[] {
  if (isOrdered) return series
  const key = ({ metric }: Series): string =>
    JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)))
  return series.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}
