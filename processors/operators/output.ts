/** Rows of a stream that leave the program, and are the host's from then on. */
import { ownedRows } from '../../core/lent-arrays.ts'
import type { RowBatch } from '../../core/rows.ts'
import type { Selection } from '../expressions/selection.ts'
import { gatherRows } from './gather.ts'
import type { Input } from './operator.ts'

export interface StreamRows {
  readonly stream: string
  readonly rows: RowBatch
}

export class Output implements Input {
  readonly #stream: string
  readonly #results: StreamRows[]

  /** @param results shared by all outputs of a program, so that results keep the order in which they came */
  constructor(stream: string, results: StreamRows[]) {
    this.#stream = stream
    this.#results = results
  }

  push(rows: RowBatch, selection: Selection): void {
    if (selection.length > 0) this.#results.push({ stream: this.#stream, rows: ownedRows(gatherRows(rows, selection)) })
  }

  advance(): void {
    // Results carry their rowtimes; nobody waits for a bound of an output.
  }
}
