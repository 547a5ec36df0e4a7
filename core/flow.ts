/**
 * What a running pipeline is and does, for those who look at it: its plan as a graph, how much goes through each node, how
 * its time is spent, and the last rows of each edge. A host measures (processors/flow), a page or a terminal shows.
 */
import type { TextSpan } from './errors.ts'
import type { Value } from './rows.ts'
import type { Schema } from './schema.ts'

/**
 * `source`: reads, orders and decodes records. `preprocessor`: the function before the schema. `stream`: an in-application
 * stream, the error stream included. `pump`: a standing INSERT ... SELECT. `sink`: the destinations of one output stream.
 * `rounds`: what makes a round true.
 */
export type FlowNodeKind = 'source' | 'preprocessor' | 'stream' | 'pump' | 'sink' | 'rounds'

export interface FlowNode {
  /** unique within its graph; the same in every run of one program */
  readonly id: string
  readonly kind: FlowNodeKind
  /** name as stored */
  readonly name: string
  /** what it does, as lines of the plan; empty where there is nothing to add */
  readonly detail: string
  /** the statement of the program that made it; null for what the host adds */
  readonly span: TextSpan | null
}

export interface FlowEdge {
  /** `FROM>TO` of the ids of its nodes */
  readonly id: string
  readonly from: string
  readonly to: string
  /** columns of the rows that pass; null where no rows do */
  readonly schema: Schema | null
  /** `errors`: rows that could not be used; `order`: no rows, `to` waits for `from` */
  readonly kind: 'rows' | 'errors' | 'order'
}

/** Nodes stand upstream first. */
export interface FlowGraph {
  readonly nodes: readonly FlowNode[]
  readonly edges: readonly FlowEdge[]
  /** the program that spans point into */
  readonly sql: string
}

/** Totals since the start, in milliseconds of a monotonic clock. `busyMs + blockedMs + idleMs` is the time since the start. */
export interface FlowNodeTotals {
  readonly id: string
  /** records for a source, rows else */
  readonly rowsIn: number
  readonly rowsOut: number
  /** of its rows, those that went to the error stream */
  readonly errorRows: number
  /** it worked; for a sink, a function or rounds: others waited for it */
  readonly busyMs: number
  /** it could give nothing on, because something behind it was at work */
  readonly blockedMs: number
  /** nothing was there for it */
  readonly idleMs: number
  /** bytes that it holds, by estimate; null where it holds nothing */
  readonly stateBytes: number | null
  /** rowtime below which it gives no further row, epoch milliseconds; null before the first bound and after the last */
  readonly watermarkMs: number | null
}

export interface FlowTotals {
  /** monotonic milliseconds */
  readonly at: number
  readonly nodes: readonly FlowNodeTotals[]
  /** rows that passed, by id of the edge */
  readonly edgeRows: Readonly<Record<string, number>>
}

/** One row as it passed an edge; values are copies. */
export interface SampledRow {
  /** epoch milliseconds */
  readonly rowtime: number
  /** one for each column of the edge's schema */
  readonly values: readonly Value[]
}

/** Takes rows of an edge while somebody looks. What it throws is not caught. */
export type EdgeListener = (rows: readonly SampledRow[], skipped: number) => void

/** The seam between a running pipeline and its views. All calls are synchronous and cheap. */
export interface Flow {
  readonly graph: FlowGraph
  totals(): FlowTotals
  /** The last rows that were sampled at an edge, oldest first; empty for an unknown edge. */
  lastRows(edge: string): readonly SampledRow[]
  /**
   * Calls back with every row that passes an edge, at most `rowsPerSecond`; what is left out is counted in `skipped`.
   * @returns ends it
   */
  watch(edge: string, rowsPerSecond: number, listener: EdgeListener): () => void
}
