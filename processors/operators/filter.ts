/** Keeps the rows for which a condition is TRUE. Stateless; nothing is copied, only the selection narrows. */
import type { RowBatch } from '../../core/rows.ts'
import { RowFailures } from '../expressions/failures.ts'
import type { FilterKernel } from '../expressions/kernel.ts'
import type { Selection } from '../expressions/selection.ts'
import type { Input } from './operator.ts'
import { type RowErrors, reportFailures } from './row-errors.ts'

export class Filter implements Input {
  readonly #condition: FilterKernel
  readonly #output: Input
  readonly #errors: RowErrors

  constructor(options: { condition: FilterKernel; output: Input; errors: RowErrors }) {
    this.#condition = options.condition
    this.#output = options.output
    this.#errors = options.errors
  }

  push(rows: RowBatch, selection: Selection): void {
    const failures = new RowFailures()
    const kept = this.#condition({ batch: rows, failures }, selection)
    reportFailures(rows, selection, failures, this.#errors)
    if (kept.length > 0) this.#output.push(rows, kept)
  }

  advance(bound: number): void {
    this.#output.advance(bound)
  }
}
