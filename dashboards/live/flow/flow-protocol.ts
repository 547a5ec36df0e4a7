/**
 * What the flow of a pipeline looks like on its way to a page or a terminal, as JSON. Types only and no imports, because both
 * the server and the browser code compile against it. Instants are epoch milliseconds.
 */

export interface FlowSpanMessage {
  /** characters of the program, `[start, end)` */
  readonly start: number
  readonly end: number
  /** from 1 */
  readonly line: number
  readonly column: number
}

export interface FlowNodeMessage {
  readonly id: string
  readonly kind: 'source' | 'preprocessor' | 'stream' | 'pump' | 'sink' | 'rounds'
  readonly name: string
  readonly detail: string
  readonly span: FlowSpanMessage | null
  /** since the start; records for a source */
  readonly rowsIn: number
  readonly rowsOut: number
  readonly inPerSecond: number
  readonly outPerSecond: number
  readonly errorRows: number
  /** whole percent of the last seconds; the three add up to 100 */
  readonly busy: number
  readonly blocked: number
  readonly idle: number
  readonly stateBytes: number | null
  readonly watermarkMs: number | null
}

export interface FlowEdgeMessage {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly kind: 'rows' | 'errors' | 'order'
  readonly rows: number
  readonly rowsPerSecond: number
}

/** The node that everything upstream waits for. */
export interface BottleneckMessage {
  readonly node: string
  /** in plain words, with the figures */
  readonly sentence: string
}

export interface FlowMessage {
  readonly now: number
  /** the program that spans point into */
  readonly sql: string
  /** null while nothing holds the pipeline up */
  readonly bottleneck: BottleneckMessage | null
  /** upstream first */
  readonly nodes: readonly FlowNodeMessage[]
  readonly edges: readonly FlowEdgeMessage[]
}

export type FlowCell = string | number | boolean | null

/** The last rows of an edge; masked fields are `***`. */
export interface FlowRowsMessage {
  readonly edge: string
  /** the first is ROWTIME */
  readonly columns: readonly string[]
  /** oldest first */
  readonly rows: readonly (readonly FlowCell[])[]
}
