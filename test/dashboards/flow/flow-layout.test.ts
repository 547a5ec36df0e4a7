/** The graph as it is drawn: streams become edges, and no node covers another. */
import { describe, expect, it } from 'vitest'
import type { FlowEdgeMessage, FlowMessage, FlowNodeMessage } from '../../../dashboards/live/flow/flow-protocol.ts'
import { foldStreams } from '../../../dashboards/live/page/flow-fold.ts'
import { layoutFlow, NODE_HEIGHT } from '../../../dashboards/live/page/flow-layout.ts'

function flowOf(ids: readonly string[], edges: readonly (readonly [string, string])[]): FlowMessage {
  const nodes = ids.map((id): FlowNodeMessage => {
    const [kind = 'pump', name = id] = id.split(':')
    return {
      id,
      kind: kind as FlowNodeMessage['kind'],
      name,
      detail: '',
      span: null,
      rowsIn: 0,
      rowsOut: 0,
      inPerSecond: 0,
      outPerSecond: 0,
      errorRows: 0,
      busy: 0,
      blocked: 0,
      idle: 100,
      stateBytes: null,
      watermarkMs: null,
    }
  })
  const list = edges.map(
    ([from, to]): FlowEdgeMessage => ({ id: `${from}>${to}`, from, to, kind: 'rows', rows: 0, rowsPerSecond: 0 }),
  )
  return { now: 0, sql: '', bottleneck: null, nodes, edges: list }
}

const FLOW = flowOf(
  ['source', 'stream:IN', 'pump:A', 'pump:B', 'stream:BOTH', 'pump:C', 'stream:OUT', 'stream:UNREAD', 'sink:OUT'],
  [
    ['source', 'stream:IN'],
    ['stream:IN', 'pump:A'],
    ['stream:IN', 'pump:B'],
    ['pump:A', 'stream:BOTH'],
    ['pump:B', 'stream:BOTH'],
    ['stream:BOTH', 'pump:C'],
    ['pump:C', 'stream:OUT'],
    ['stream:OUT', 'sink:OUT'],
    ['pump:A', 'stream:UNREAD'],
  ],
)

describe('streams in the graph', () => {
  it('become edges where one node fills them, and keep the id of the edge whose rows they are', () => {
    const { nodes, edges, into } = foldStreams(FLOW)
    expect(nodes.map(({ id }) => id)).toEqual([
      'source',
      'pump:A',
      'pump:B',
      'stream:BOTH',
      'pump:C',
      'stream:UNREAD',
      'sink:OUT',
    ])
    expect(edges.map(({ id, from, to }) => [id, from, to])).toEqual([
      ['stream:IN>pump:A', 'source', 'pump:A'],
      ['stream:IN>pump:B', 'source', 'pump:B'],
      ['pump:A>stream:BOTH', 'pump:A', 'stream:BOTH'],
      ['pump:B>stream:BOTH', 'pump:B', 'stream:BOTH'],
      ['stream:BOTH>pump:C', 'stream:BOTH', 'pump:C'],
      ['stream:OUT>sink:OUT', 'pump:C', 'sink:OUT'],
      ['pump:A>stream:UNREAD', 'pump:A', 'stream:UNREAD'],
    ])
    expect(Object.fromEntries(into)).toEqual({ source: 'IN', 'pump:C': 'OUT' })
  })
})

describe('the layout', () => {
  it.each([340, 700, 1_240])('gives %i pixels of width every node a place of its own behind what feeds it', width => {
    const ids = FLOW.nodes.map(({ id }) => id)
    const { nodes, nodeWidth, width: used, height, isNarrow } = layoutFlow(ids, FLOW.edges, width)
    expect(nodes.map(({ id }) => id).sort((a, b) => (a < b ? -1 : 1))).toEqual(
      [...ids].sort((a, b) => (a < b ? -1 : 1)),
    )
    for (const a of nodes) {
      expect(a.x >= 0 && a.x + nodeWidth <= used && a.y >= 0 && a.y + NODE_HEIGHT <= height).toBe(true)
      for (const b of nodes)
        if (a.id < b.id)
          expect([a.id, b.id, Math.abs(a.x - b.x) < nodeWidth && Math.abs(a.y - b.y) < NODE_HEIGHT]).toEqual([
            a.id,
            b.id,
            false,
          ])
    }
    const place = new Map(nodes.map(node => [node.id, node] as const))
    for (const { from, to } of FLOW.edges) expect(place.get(to)!.x).toBeGreaterThan(place.get(from)!.x)
    if (isNarrow) expect(used).toBeLessThanOrEqual(width)
    expect(isNarrow).toBe(width === 340)
  })

  it('puts an empty plan nowhere', () => {
    expect(layoutFlow([], [], 1_000).nodes).toEqual([])
  })
})
