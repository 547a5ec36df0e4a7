/** The rate of a tap, which is one for all edges that it reads. */
import { expect, it } from 'vitest'
import type { EdgeListener, Flow, SampledRow } from '../../../core/index.ts'
import { FieldMask } from '../../../dashboards/index.ts'
import { EdgeSamples } from '../../../dashboards/live/flow/edge-samples.ts'
import { flowRoutes } from '../../../dashboards/live/flow/flow-routes.ts'
import type { FlowTracker } from '../../../dashboards/live/flow/flow-tracker.ts'
import type { RouteExchange } from '../../../dashboards/live/route.ts'
import { SimClock } from '../../support/sim-clock.ts'

it('gives all edges of a stream one allowance, and tells what it left out', async () => {
  const schema = { columns: [] }
  const edge = (from: string) => ({ id: `${from}>s`, from, to: 's', kind: 'rows', schema })
  const listeners: EdgeListener[] = []
  const flow = {
    graph: { nodes: [{ id: 's', kind: 'stream', name: 'S' }], edges: [edge('p'), edge('q'), edge('r')], sql: '' },
    watch: (_edge: string, _rate: number, listener: EdgeListener) => {
      listeners.push(listener)
      return () => {}
    },
  } as unknown as Flow
  const clock = new SimClock()
  const written: string[] = []
  const over = new AbortController()
  const exchange = {
    parameters: new URLSearchParams({ of: 'S', rate: '5' }),
    request: { method: 'GET', signal: over.signal },
    closing: over.signal,
    reply: { closed: false, write: async (text: string) => void written.push(text), end: () => {} },
    start: () => {},
  } as unknown as RouteExchange
  const samples = new EdgeSamples(flow, new FieldMask())
  const route = flowRoutes({ tracker: {} as FlowTracker, samples, clock }).find(({ path }) => path === '/api/v1/tap')
  const ended = route?.handle(exchange)
  const row: SampledRow = { rowtime: 0, values: [] }
  const pass = (): void => listeners.forEach(listener => listener([row, row, row, row], 1))
  const lines = (): unknown[] =>
    written
      .join('')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as unknown)

  pass()
  await clock.advance(100)
  pass()
  await clock.advance(100)
  expect(lines().filter(line => JSON.stringify(line).includes('row'))).toHaveLength(5)
  expect(lines().slice(1).slice(5)).toEqual([{ skipped: 10 }, { skipped: 15 }])
  await clock.advance(1_000)
  pass()
  await clock.advance(100)
  expect(lines().filter(line => JSON.stringify(line).includes('row'))).toHaveLength(10)
  over.abort()
  await ended
})
