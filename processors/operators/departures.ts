/** The way out of operators that hold rows back: results leave in batches by bounded slices, and the bound follows the last of them. */
import type { Schema } from '../../core/schema.ts'
import { everyRow } from '../expressions/selection.ts'
import type { Input } from './operator.ts'
import { ResultBuilder } from './result-builder.ts'

/** Batches that leave in one slice of work. */
const BATCHES_PER_SLICE = 4

export class Departures {
  readonly builder: ResultBuilder
  readonly #output: Input
  #bound = -Infinity
  #told = -Infinity

  constructor(schema: Schema, output: Input) {
    this.builder = new ResultBuilder(schema)
    this.#output = output
  }

  /** What the output may be told once everything due has left. */
  get bound(): number {
    return this.#bound
  }

  /** No row that is still to come has a smaller rowtime. */
  advance(bound: number): void {
    this.#bound = Math.max(this.#bound, bound)
  }

  /** Says the bound, where nothing waits. */
  tell(): void {
    if (this.#bound <= this.#told) return
    this.#told = this.#bound
    this.#output.advance(this.#bound)
  }

  /**
   * Lets a slice go. True: there is more.
   * @param write puts something that is due into the builder, which is not full, or does away with it; false: nothing is due
   */
  work(write: () => boolean): boolean {
    for (let batches = 0; batches < BATCHES_PER_SLICE; ) {
      if (!write()) {
        this.#flush()
        this.tell()
        return false
      }
      if (!this.builder.full) continue
      this.#flush()
      batches++
    }
    return true
  }

  /** After a restore: the bound is what it was, and the output knows it. */
  restore(bound: number): void {
    this.#bound = bound
    this.#told = bound
  }

  #flush(): void {
    if (this.builder.length === 0) return
    const rows = this.builder.take()
    this.#output.push(rows, everyRow(rows.length))
  }
}
