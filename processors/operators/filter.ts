/** Keeps the rows for which a condition is TRUE. Stateless; nothing is copied, only the selection narrows. */
import type { RowBatch } from '../../core/rows.ts'
import { RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import type { Selection } from '../expressions/selection.ts'
import { asNumbers } from '../expressions/vectors.ts'
import type { Input } from './operator.ts'
import { type RowErrors, withoutFailures } from './row-errors.ts'

export class Filter implements Input {
  readonly #condition: Kernel
  readonly #output: Input
  readonly #errors: RowErrors

  constructor(options: { condition: Kernel; output: Input; errors: RowErrors }) {
    this.#condition = options.condition
    this.#output = options.output
    this.#errors = options.errors
  }

  push(rows: RowBatch, selection: Selection): void {
    const failures = new RowFailures()
    const { values, nulls } = asNumbers(this.#condition({ batch: rows, failures }, selection))
    const sound = withoutFailures(rows, selection, failures, this.#errors)
    const kept = new Int32Array(sound.length)
    let length = 0
    for (let i = 0; i < sound.length; i++) {
      const row = sound.rows[i]!
      if (values[row] === 1 && nulls[row] === 0) kept[length++] = row
    }
    if (length > 0) this.#output.push(rows, { rows: kept, length })
  }

  advance(bound: number): void {
    this.#output.advance(bound)
  }
}
