/** The plan of an application and what its host puts around it, as a graph that can be drawn. */
import { ERROR_STREAM, ERROR_STREAM_SCHEMA } from '../../core/error-output.ts'
import type { FlowEdge, FlowGraph, FlowNode } from '../../core/flow.ts'
import type { Schema } from '../../core/schema.ts'
import { explainPlan } from '../sql/explain.ts'
import { type ProgramPlan, type StreamPlan, streamsOf } from '../sql/plan-node.ts'

/** Ids of the nodes of a graph. */
export const nodeIds = {
  source: 'source',
  preprocessor: 'preprocessor',
  rounds: 'rounds',
  stream: (name: string): string => `stream:${name}`,
  pump: (name: string): string => `pump:${name}`,
  sink: (stream: string): string => `sink:${stream}`,
}

export interface FlowGraphOptions {
  readonly plan: ProgramPlan
  /** text of the program */
  readonly sql: string
  /** what is read, such as the name of a stream */
  readonly source: string
  readonly hasPreprocessor: boolean
  /** by output stream, what its rows go to, in words */
  readonly sinks: ReadonlyMap<string, string>
  readonly hasRounds: boolean
}

/** Stopped pumps are left out: nothing goes through them. */
export function flowGraphOf(options: FlowGraphOptions): FlowGraph {
  const { plan, source, sinks } = options
  const nodes: FlowNode[] = [
    {
      id: nodeIds.source,
      kind: 'source',
      name: source,
      detail: 'reads all shards, orders and decodes records',
      span: null,
    },
  ]
  const edges: FlowEdge[] = []
  const join = (from: string, to: string, schema: Schema | null, kind: FlowEdge['kind'] = 'rows'): void => {
    if (!edges.some(edge => edge.from === from && edge.to === to))
      edges.push({ id: `${from}>${to}`, from, to, schema, kind })
  }
  let records: string = nodeIds.source
  if (options.hasPreprocessor) {
    records = nodeIds.preprocessor
    nodes.push({
      id: records,
      kind: 'preprocessor',
      name: 'pre-processing',
      detail: 'records before the schema',
      span: null,
    })
    join(nodeIds.source, records, null, 'order')
  }
  const streams = new Map(plan.streams.map(stream => [stream.name, stream] as const))
  const placed = new Set<string>()
  const place = (stream: StreamPlan): void => {
    if (placed.has(stream.name)) return
    placed.add(stream.name)
    const id = nodeIds.stream(stream.name)
    if (stream.origin === 'input') join(records, id, stream.schema)
    for (const pump of plan.pumps.filter(({ target, running }) => running && target === stream.name)) {
      const read = [...streamsOf(pump.source)].flatMap(name => streams.get(name) ?? [])
      for (const each of read) place(each)
      const { name, span } = pump
      nodes.push({ id: nodeIds.pump(name), kind: 'pump', name, detail: explainPlan(pump.source).trimEnd(), span })
      for (const each of read) join(nodeIds.stream(each.name), nodeIds.pump(name), each.schema)
      join(nodeIds.pump(name), id, stream.schema)
    }
    nodes.push({ id, kind: 'stream', name: stream.name, detail: '', span: stream.span ?? null })
  }
  for (const stream of plan.streams) place(stream)
  nodes.push({
    id: nodeIds.stream(ERROR_STREAM),
    kind: 'stream',
    name: ERROR_STREAM,
    detail: 'rows that could not be used',
    span: null,
  })
  join(nodeIds.source, nodeIds.stream(ERROR_STREAM), ERROR_STREAM_SCHEMA, 'errors')
  for (const [stream, detail] of sinks) {
    const schema = stream === ERROR_STREAM ? ERROR_STREAM_SCHEMA : streams.get(stream)?.schema
    if (schema === undefined) continue
    nodes.push({ id: nodeIds.sink(stream), kind: 'sink', name: stream, detail, span: null })
    join(nodeIds.stream(stream), nodeIds.sink(stream), schema)
  }
  if (options.hasRounds) {
    nodes.push({ id: nodeIds.rounds, kind: 'rounds', name: 'rounds', detail: 'stage, commit, publish', span: null })
    for (const { id, kind } of nodes) if (kind === 'sink') join(id, nodeIds.rounds, null, 'order')
  }
  return { nodes, edges, sql: options.sql }
}
