/** Follows the totals of a running pipeline: rates and shares of time over the last seconds, and which node is to blame. */
import type { Clock, Flow, FlowNodeTotals, FlowTotals } from '../../../core/index.ts'
import { bottleneckOf } from './bottleneck.ts'
import type { BottleneckMessage, FlowMessage, FlowNodeMessage } from './flow-protocol.ts'

/** Rates and shares are over this long. */
export const FLOW_WINDOW_MS = 5_000
/** Totals are kept at most so often. */
const SAMPLE_INTERVAL_MS = 500

export interface FlowTrackerOptions {
  readonly flow: Flow
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  /** how far the slowest shard is behind its tip, milliseconds; null when unknown */
  readonly behindMs?: () => number | null
}

export class FlowTracker {
  readonly flow: Flow
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly #behindMs: () => number | null
  #samples: FlowTotals[]

  constructor(options: FlowTrackerOptions) {
    this.flow = options.flow
    this.#clock = options.clock
    this.#behindMs = options.behindMs ?? (() => null)
    this.#samples = [options.flow.totals()]
  }

  /** Takes the totals as they stand; call it some times a second. */
  record(): void {
    const last = this.#samples.at(-1)
    if (last !== undefined && this.#clock.monotonicMs() - last.at < SAMPLE_INTERVAL_MS) return
    const totals = this.flow.totals()
    this.#samples.push(totals)
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? totals.at) <= totals.at - FLOW_WINDOW_MS)
      this.#samples.shift()
  }

  get bottleneck(): BottleneckMessage | null {
    return this.message().bottleneck
  }

  message(): FlowMessage {
    const last = this.flow.totals()
    const first = this.#samples[0] ?? last
    const { graph } = this.flow
    const seconds = Math.max(0.001, (last.at - first.at) / 1_000)
    const before = new Map(first.nodes.map(node => [node.id, node] as const))
    const now = new Map(last.nodes.map(node => [node.id, node] as const))
    const nodes = graph.nodes.flatMap(({ id, kind, name, detail, span }): FlowNodeMessage[] => {
      const node = now.get(id)
      if (node === undefined) return []
      const was = before.get(id)
      const perSecond = (field: 'rowsIn' | 'rowsOut'): number => (node[field] - (was?.[field] ?? 0)) / seconds
      const { rowsIn, rowsOut, errorRows, stateBytes, watermarkMs } = node
      return [
        {
          id,
          kind,
          name,
          detail,
          span,
          rowsIn,
          rowsOut,
          inPerSecond: perSecond('rowsIn'),
          outPerSecond: perSecond('rowsOut'),
          errorRows,
          ...sharesOf(node, was),
          stateBytes,
          watermarkMs,
        },
      ]
    })
    return {
      now: this.#clock.now(),
      sql: graph.sql,
      bottleneck: bottleneckOf(nodes, graph.edges, this.#behindMs()),
      nodes,
      edges: graph.edges.map(({ id, from, to, kind }) => {
        const rows = last.edgeRows[id] ?? 0
        return { id, from, to, kind, rows, rowsPerSecond: (rows - (first.edgeRows[id] ?? 0)) / seconds }
      }),
    }
  }
}

/** Whole percents that add up to 100: what rounding leaves goes to the largest rests. A span of no time was idle. */
function sharesOf(
  node: FlowNodeTotals,
  was: FlowNodeTotals | undefined,
): Pick<FlowNodeMessage, 'busy' | 'blocked' | 'idle'> {
  const times = (['busyMs', 'blockedMs', 'idleMs'] as const).map(field =>
    Math.max(0, node[field] - (was?.[field] ?? 0)),
  )
  const total = times.reduce((sum, ms) => sum + ms, 0)
  if (total === 0) return { busy: 0, blocked: 0, idle: 100 }
  const exact = times.map(ms => (ms / total) * 100)
  const whole = exact.map(Math.floor)
  const byRest = [0, 1, 2].sort((a, b) => exact[b]! - whole[b]! - (exact[a]! - whole[a]!))
  let left = 100 - whole.reduce((sum, part) => sum + part, 0)
  for (const index of byRest) if (left-- > 0) whole[index]!++
  return { busy: whole[0]!, blocked: whole[1]!, idle: whole[2]! }
}
