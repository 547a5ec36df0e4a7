/** The last rows of a stream side by side as one vector, with something sensible in place of NULLs. */
import type { StateReader } from '../../operators/state-reader.ts'
import type { StateWriter } from '../../operators/state-writer.ts'

/** Numbers beyond count as this, so that side lengths of boxes can be added up without overflow. */
const MAGNITUDE_MAX = 1e300

export class Shingle {
  readonly #columns: number
  readonly #size: number
  /** the last rows, the oldest first; zeros before there are as many */
  readonly #rows: Float64Array
  /** by column, over the values that were not NULL */
  readonly #means: Float64Array
  readonly #counts: Float64Array

  constructor(columns: number, size: number) {
    this.#columns = columns
    this.#size = size
    this.#rows = new Float64Array(columns * size)
    this.#means = new Float64Array(columns)
    this.#counts = new Float64Array(columns)
  }

  /** Takes the row at `values[at]` and puts the vector of the last rows, the oldest first, at `vectors[to]`. */
  push(values: Float64Array, at: number, vectors: Float64Array, to: number): void {
    const columns = this.#columns
    const rows = this.#rows
    const newest = (this.#size - 1) * columns
    rows.copyWithin(0, columns)
    for (let i = 0; i < columns; i++) {
      const value = values[at + i]!
      rows[newest + i] = Number.isFinite(value) ? this.#known(i, value) : this.#means[i]!
    }
    vectors.set(rows, to)
  }

  write(writer: StateWriter): void {
    for (const list of [this.#rows, this.#means, this.#counts]) for (const value of list) writer.number(value)
  }

  read(reader: StateReader): void {
    for (const list of [this.#rows, this.#means, this.#counts])
      for (let i = 0; i < list.length; i++) list[i] = reader.number()
  }

  #known(column: number, value: number): number {
    const bounded = Math.min(MAGNITUDE_MAX, Math.max(-MAGNITUDE_MAX, value))
    const count = ++this.#counts[column]!
    this.#means[column]! += (bounded - this.#means[column]!) / count
    return bounded
  }
}
