/**
 * The flow of a pipeline over HTTP.
 *
 *   GET /api/v1/flow                    nodes with rates and shares of time, edges, the bottleneck
 *   GET /api/v1/flow/rows?edge=ID       the last rows of an edge; needs the token
 *   GET /api/v1/tap?of=NAME&rate=N      rows of a stream or pump as they pass, a line of JSON each; needs the token
 */
import { type Clock, hasCode, type MillraceError, type SampledRow } from '../../../core/index.ts'
import type { LiveRoute, RouteExchange } from '../route.ts'
import { columnsOf, type EdgeSamples } from './edge-samples.ts'
import type { FlowTracker } from './flow-tracker.ts'

/** Taps that are open at once; further ones are told to come back later. */
export const TAPS_MAX = 8
/** Rows a second that a tap gets unless it asks for less or more, and at most. */
export const TAP_ROWS_PER_SECOND = 100
export const TAP_ROWS_PER_SECOND_MAX = 1_000
/** How often what has gathered for a tap is sent. */
const TAP_FLUSH_MS = 100
/** A tap that has nothing to say says so, so that both ends notice when the other is gone. */
const TAP_HEARTBEAT_MS = 15_000

export interface FlowRouteOptions {
  readonly tracker: FlowTracker
  readonly samples: EdgeSamples
  readonly clock: Clock
}

export function flowRoutes({ tracker, samples, clock }: FlowRouteOptions): readonly LiveRoute[] {
  const taps = { open: 0 }
  return [
    {
      path: '/api/v1/flow',
      method: 'GET',
      needsToken: false,
      handle: async exchange => exchange.json(tracker.message()),
    },
    {
      path: '/api/v1/flow/rows',
      method: 'GET',
      needsToken: true,
      async handle(exchange) {
        const rows = samples.last(exchange.parameters.get('edge') ?? '')
        if (rows === null) exchange.refuse(404, 'no such edge, or no rows pass it; /api/v1/flow lists edges')
        else exchange.json(rows)
      },
    },
    {
      path: '/api/v1/tap',
      method: 'GET',
      needsToken: true,
      handle: exchange => tap(exchange, samples, clock, taps),
    },
  ]
}

/** A line is `{"row":{...}}`, `{"skipped":N}` for rows that the rate left out, or `{}` to show life. */
async function tap(exchange: RouteExchange, samples: EdgeSamples, clock: Clock, taps: { open: number }): Promise<void> {
  const { parameters, reply, request, closing } = exchange
  const rate = Number(parameters.get('rate') ?? TAP_ROWS_PER_SECOND)
  if (!(Number.isInteger(rate) && rate >= 1 && rate <= TAP_ROWS_PER_SECOND_MAX))
    return exchange.refuse(400, `rate must be a whole number from 1 to ${TAP_ROWS_PER_SECOND_MAX}`)
  let edges: ReturnType<EdgeSamples['edgesOf']>
  try {
    edges = samples.edgesOf(parameters.get('of') ?? '')
  } catch (error) {
    if (hasCode(error, 'not_found')) return exchange.refuse(404, (error as MillraceError).message)
    throw error
  }
  if (taps.open >= TAPS_MAX) return exchange.refuse(503, `${TAPS_MAX} taps are open already; close one`)
  taps.open++
  let lines: string[] = []
  let skipped = 0
  // Each edge paces itself; all edges of a tap together have one allowance.
  let since = Number.NEGATIVE_INFINITY
  let left = 0
  const stops = edges.map(edge => {
    const columns = columnsOf(edge)
    return samples.flow.watch(edge.id, rate, (rows: readonly SampledRow[], leftOut: number) => {
      const now = clock.monotonicMs()
      if (now - since >= 1_000) {
        since = now
        left = rate
      }
      // A client that does not read has its rows left out rather than kept.
      const free = Math.max(0, Math.min(left, rate - lines.length))
      skipped += leftOut + Math.max(0, rows.length - free)
      left -= Math.min(free, rows.length)
      for (const row of rows.slice(0, free)) {
        const cells = samples.cells(edge, row)
        lines.push(
          JSON.stringify({ row: Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? null])) }),
        )
      }
    })
  })
  try {
    exchange.start('application/x-ndjson; charset=utf-8')
    if (request.method === 'HEAD') return
    await reply.write('{}\n')
    const over = AbortSignal.any([closing, request.signal])
    for (let lastAt = clock.monotonicMs(); !reply.closed && !over.aborted; ) {
      await clock.sleep(TAP_FLUSH_MS, over).catch(() => {})
      if (lines.length === 0 && skipped === 0 && clock.monotonicMs() - lastAt < TAP_HEARTBEAT_MS) continue
      const sent = lines.length === 0 && skipped === 0 ? ['{}'] : lines
      if (skipped > 0) sent.push(JSON.stringify({ skipped }))
      lines = []
      skipped = 0
      lastAt = clock.monotonicMs()
      await reply.write(`${sent.join('\n')}\n`)
    }
  } finally {
    for (const stop of stops) stop()
    taps.open--
    reply.end()
  }
}
