/** Every reader of a stream sees every row. Readers are served in program order. */
import type { RowBatch } from '../../core/rows.ts'
import type { Selection } from '../expressions/selection.ts'
import type { Input } from './operator.ts'

export class FanOut implements Input {
  readonly #readers: Input[] = []

  /** Readers are added while the program is compiled, before the first row. */
  add(reader: Input): void {
    this.#readers.push(reader)
  }

  push(rows: RowBatch, selection: Selection): void {
    for (const reader of this.#readers) reader.push(rows, selection)
  }

  advance(bound: number): void {
    for (const reader of this.#readers) reader.advance(bound)
  }
}
