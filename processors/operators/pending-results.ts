/** Rows of completed windows or groups on their way out: they leave by bounded slices, and the bound follows the last of them. */
import { RowBuilder } from '../../core/row-builder.ts'
import type { Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { everyRow } from '../expressions/selection.ts'
import type { Input } from './operator.ts'

/** Batches that leave in one slice of work. */
const BATCHES_PER_SLICE = 4

interface Waiting {
  readonly rowtime: number
  readonly count: number
  readonly row: (index: number) => readonly Value[]
}

export class PendingResults {
  readonly #builder: RowBuilder
  readonly #output: Input
  readonly #waiting: Waiting[] = []
  /** first row of the first waiting group that has not left */
  #next = 0
  #bound = -Infinity
  #told = -Infinity

  constructor(schema: Schema, output: Input) {
    this.#builder = new RowBuilder(schema)
    this.#output = output
  }

  get empty(): boolean {
    return this.#waiting.length === 0 && this.#builder.length === 0
  }

  /** @param rowtime of all rows, not below an earlier one; @param row asked once for each index, in order */
  add(rowtime: number, count: number, row: (index: number) => readonly Value[]): void {
    this.#waiting.push({ rowtime, count, row })
  }

  /** No row that is still to be added has a smaller rowtime. */
  advance(bound: number): void {
    this.#bound = Math.max(this.#bound, bound)
    if (this.empty) this.#tell()
  }

  /** Lets a slice go. True: there is more. */
  work(): boolean {
    for (let batches = 0; this.#waiting.length > 0 && batches < BATCHES_PER_SLICE; ) {
      const group = this.#waiting[0]!
      if (this.#next === group.count) {
        this.#waiting.shift()
        this.#next = 0
        continue
      }
      this.#builder.add(group.rowtime, group.row(this.#next++))
      if (this.#builder.full) {
        this.#flush()
        batches++
      }
    }
    if (this.#waiting.length > 0) return true
    this.#flush()
    this.#tell()
    return false
  }

  #flush(): void {
    if (this.#builder.length === 0) return
    const rows = this.#builder.take()
    this.#output.push(rows, everyRow(rows.length))
  }

  #tell(): void {
    if (this.#bound <= this.#told) return
    this.#told = this.#bound
    this.#output.advance(this.#bound)
  }
}
