/** Who is named as the bottleneck, and shares of time as whole percents. */
import { describe, expect, it } from 'vitest'
import type { Flow, FlowNodeTotals, FlowTotals } from '../../../core/flow.ts'
import { bottleneckOf } from '../../../dashboards/live/flow/bottleneck.ts'
import type { FlowNodeMessage } from '../../../dashboards/live/flow/flow-protocol.ts'
import { FlowTracker } from '../../../dashboards/live/flow/flow-tracker.ts'

function node(id: string, kind: FlowNodeMessage['kind'], busy: number, blocked: number): FlowNodeMessage {
  return {
    id,
    kind,
    name: id,
    detail: '',
    span: null,
    rowsIn: 0,
    rowsOut: 0,
    inPerSecond: 0,
    outPerSecond: 0,
    errorRows: 0,
    busy,
    blocked,
    idle: 100 - busy - blocked,
    stateBytes: null,
    watermarkMs: null,
  }
}
const EDGES = [
  { from: 'clicks', to: 'parse' },
  { from: 'parse', to: 'sessions' },
  { from: 'sessions', to: 'lake' },
]

describe('the bottleneck', () => {
  it('is the guilty node, not the blocked one before it', () => {
    const nodes = [
      node('clicks', 'source', 3, 96),
      node('parse', 'pump', 1, 95),
      node('sessions', 'pump', 94, 1),
      node('lake', 'sink', 1, 0),
    ]
    expect(bottleneckOf(nodes, EDGES, 41_000)).toEqual({
      node: 'sessions',
      sentence: 'pump "sessions" is the bottleneck: 94 % busy, blocks "parse"',
    })
  })

  it('is nobody while the source mostly waits for records', () => {
    expect(bottleneckOf([node('clicks', 'source', 10, 30), node('parse', 'pump', 30, 0)], EDGES, 0)).toBe(null)
  })

  it('is the source when it is behind and everything behind it is idle', () => {
    const nodes = [node('clicks', 'source', 2, 3), node('parse', 'pump', 3, 0)]
    expect(bottleneckOf(nodes, EDGES, 60_000)?.node).toBe('clicks')
    expect(bottleneckOf(nodes, EDGES, null)).toBe(null)
  })
})

describe('the tracker', () => {
  it('gives rates over the last seconds, and shares that add up to 100', () => {
    let at = 0
    const clock = { now: () => at, monotonicMs: () => at }
    const totals = (): FlowTotals => {
      // Thirds: rounded one by one they would add up to 99.
      const third = at / 3
      const one: FlowNodeTotals = {
        id: 'a',
        rowsIn: at / 10,
        rowsOut: at / 20,
        errorRows: 0,
        busyMs: third,
        blockedMs: third,
        idleMs: third,
        stateBytes: null,
        watermarkMs: null,
      }
      return { at, nodes: [one], edgeRows: { 'a>b': at / 20 } }
    }
    const flow: Flow = {
      graph: {
        nodes: [{ id: 'a', kind: 'pump', name: 'a', detail: '', span: null }],
        edges: [{ id: 'a>b', from: 'a', to: 'b', schema: null, kind: 'rows' }],
        sql: '',
      },
      totals,
      lastRows: () => [],
      watch: () => () => {},
    }
    const tracker = new FlowTracker({ flow, clock })
    for (; at < 60_000; at += 250) tracker.record()
    const { nodes, edges } = tracker.message()
    expect(nodes[0]).toMatchObject({ inPerSecond: 100, outPerSecond: 50 })
    expect(edges[0]).toMatchObject({ rows: 3_000, rowsPerSecond: 50 })
    const { busy, blocked, idle } = nodes[0]!
    expect([busy, blocked, idle].sort((a, b) => a - b)).toEqual([33, 33, 34])
  })
})
