/**
 * What the generator leaves to the interpreter: a subtree becomes a column before the loop, for every selected row. Its
 * failures are kept apart, and count only where the loop gets to the subtree: so a CASE in front of it still shields it.
 */
import type { ColumnVector } from '../../core/rows.ts'
import { RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import type { Run } from './code-writer.ts'

export class Leaf {
  readonly #kernel: Kernel
  readonly #failed = new Uint8Array(1)
  #failures = new RowFailures()
  #column: ColumnVector | null = null
  #run: Run | null = null

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** The column of a run, computed when first asked for. */
  column(run: Run): ColumnVector {
    if (this.#run !== run || this.#column === null) {
      if (this.#failures.size > 0) this.#failures = new RowFailures()
      const { evaluation, selection } = run
      this.#column = this.#kernel({ batch: evaluation.batch, failures: this.#failures }, selection)
      this.#failed[0] = this.#failures.size > 0 ? 1 : 0
      this.#run = run
    }
    return this.#column
  }

  /** One element: 1 where a row of the run failed. */
  failed(run: Run): Uint8Array {
    this.column(run)
    return this.#failed
  }

  failures(): RowFailures {
    return this.#failures
  }

  /** Lets go of the batch. */
  release(): void {
    this.#column = null
    this.#run = null
  }
}
