/**
 * The graph as it is drawn: a stream that one node fills is what flows on the edges from that node, not a node of its own.
 * That halves the way from source to sinks. A stream that several fill, or that nothing reads, stays.
 */
import type { FlowEdgeMessage, FlowMessage } from '../flow/flow-protocol.ts'

export interface FoldedFlow extends FlowMessage {
  /** by id of a node: the name of the stream that it fills alone */
  readonly into: ReadonlyMap<string, string>
}

export function foldStreams(flow: FlowMessage): FoldedFlow {
  const into = new Map<string, string>()
  const writers = new Map<string, FlowEdgeMessage>()
  for (const { id, kind, name } of flow.nodes) {
    if (kind !== 'stream') continue
    const ins = flow.edges.filter(({ to }) => to === id)
    const [writer] = ins
    if (writer === undefined || ins.length > 1 || !flow.edges.some(({ from }) => from === id)) continue
    writers.set(id, writer)
    if (writer.kind === 'rows') into.set(writer.from, name)
  }
  const edges = flow.edges.flatMap((edge): FlowEdgeMessage[] => {
    if (writers.has(edge.to)) return []
    const writer = writers.get(edge.from)
    return [writer === undefined ? edge : { ...edge, from: writer.from, kind: writer.kind }]
  })
  return { ...flow, into, nodes: flow.nodes.filter(({ id }) => !writers.has(id)), edges }
}
