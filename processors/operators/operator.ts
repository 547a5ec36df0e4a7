/**
 * The seam of the running plan. An operator knows the input that takes its rows, never where its own rows come from.
 * Rows travel as a batch and the selection of its rows that are meant, so that filters copy nothing.
 */
import type { RowBatch } from '../../core/rows.ts'
import type { Selection } from '../expressions/selection.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface Input {
  /** Rows in rowtime order, none below a bound given before. The batch is immutable; both may be kept. */
  push(rows: RowBatch, selection: Selection): void
  /** No later row has a smaller rowtime. Epoch milliseconds, never falling; Infinity ends the input. */
  advance(bound: number): void
}

export interface Operator {
  /** unique within its program and the same in every run of it: snapshots are found by it */
  readonly name: string
  /** joins and merges have several */
  readonly inputs: readonly Input[]
  /** bytes that it holds, by estimate; operators that hold no rows have none */
  readonly stateBytes?: number
  /** Lets go of a bounded slice of pending output. True: there is more. */
  work(): boolean
  /** Writes the state, and yields about every 64 KB so that nothing stalls. No output is pending. */
  snapshot(writer: StateWriter): Generator<void>
  /** Reads what `snapshot` wrote, into an operator that has seen no row. */
  restore(reader: StateReader): void
}
