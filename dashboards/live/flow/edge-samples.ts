/** Rows that passed an edge as people see them: cells that JSON can hold, masked fields hidden. */
import {
  ERROR_STREAM,
  type Flow,
  type FlowEdge,
  type FlowGraph,
  MillraceError,
  nearestName,
  type SampledRow,
  type SqlType,
  type Value,
} from '../../../core/index.ts'
import { cellOf } from '../columns.ts'
import { type FieldMask, MASKED } from '../field-mask.ts'
import type { FlowCell, FlowRowsMessage } from './flow-protocol.ts'

/** `2026-11-22 10:00:00.000` */
export function timeText(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15
    ? new Date(ms).toISOString().replace('T', ' ').slice(0, -1)
    : String(ms)
}

export class EdgeSamples {
  readonly flow: Flow
  readonly #mask: FieldMask

  constructor(flow: Flow, mask: FieldMask) {
    this.flow = flow
    this.#mask = mask
  }

  /** Null for an edge that the graph does not have, or that no rows pass. */
  last(id: string): FlowRowsMessage | null {
    const edge = this.flow.graph.edges.find(each => each.id === id)
    if (edge === undefined || edge.schema === null) return null
    return { edge: id, columns: columnsOf(edge), rows: this.flow.lastRows(id).map(row => this.cells(edge, row)) }
  }

  /** ROWTIME, then one cell for each column. */
  cells({ from, to, schema }: FlowEdge, { rowtime, values }: SampledRow): readonly FlowCell[] {
    const stream = nameIn(this.flow.graph, from) ?? nameIn(this.flow.graph, to) ?? ''
    const cells = (schema?.columns ?? []).map(({ name, type }, index) => {
      const value = values[index] ?? null
      if (this.#mask.hides(stream, name)) return MASKED
      if (stream === ERROR_STREAM && !this.#mask.isEmpty) {
        // They quote other columns.
        if (name === 'DATA_ROW') return MASKED
        if (name === 'MESSAGE' && typeof value === 'string') return cellText(this.#mask.message(value), type)
      }
      return cellText(value, type)
    })
    return [timeText(rowtime), ...cells]
  }

  /**
   * The edges on which all rows of a stream or a pump pass.
   * @throws MillraceError `not_found` with the names that there are
   */
  edgesOf(name: string): readonly FlowEdge[] {
    const { nodes, edges } = this.flow.graph
    const named = (text: string) => nodes.filter(node => node.name === text && ['stream', 'pump'].includes(node.kind))
    const found = named(name)
    const [node] = found.length > 0 ? found : named(name.toUpperCase())
    if (node === undefined) {
      const names = [
        ...new Set(nodes.filter(({ kind }) => kind === 'stream' || kind === 'pump').map(each => each.name)),
      ]
      const near = nearestName(name, names)
      throw new MillraceError(
        'not_found',
        `no stream or pump is named "${name.slice(0, 128)}"${near === null ? '.' : `; did you mean "${near}"?`} There are ${names.join(', ')}`,
      )
    }
    return edges.filter(
      ({ from, to, kind }) => kind !== 'order' && (node.kind === 'stream' ? to === node.id : from === node.id),
    )
  }
}

export function columnsOf({ schema }: FlowEdge): readonly string[] {
  return ['ROWTIME', ...(schema?.columns ?? []).map(({ name }) => name)]
}

function nameIn({ nodes }: FlowGraph, id: string): string | null {
  return nodes.find(node => node.id === id && node.kind === 'stream')?.name ?? null
}

function cellText(value: Value, type: SqlType): FlowCell {
  return type.kind === 'TIMESTAMP' && typeof value === 'number' ? timeText(value) : cellOf(value, type)
}
