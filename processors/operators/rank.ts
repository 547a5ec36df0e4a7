/**
 * Numbers rows that come sorted, part by part: ROW_NUMBER counts them, RANK gives ties the number of their first, DENSE_RANK
 * leaves no gaps behind ties. It holds the part and the order of one row.
 */
import { RowBuilder } from '../../core/row-builder.ts'
import { type RowBatch, typedValueAt, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { comparator } from '../expressions/comparison.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import type { RankFunction } from '../sql/plan-node.ts'
import { heldValues } from './held-row.ts'
import type { Input, Operator } from './operator.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface RankOptions {
  readonly name: string
  /** the columns of the input, then the numbers */
  readonly schema: Schema
  /** columns that are one for the rows of a part */
  readonly partition: readonly number[]
  /** columns by which the rows of a part are sorted */
  readonly order: readonly number[]
  readonly functions: readonly RankFunction[]
  /** rows of a part that leave, at most; null: all */
  readonly limit: number | null
  readonly output: Input
}

export class Rank implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: RankOptions
  readonly #builder: RowBuilder
  readonly #isSamePart: (a: readonly Value[], b: readonly Value[]) => boolean
  readonly #isTie: (a: readonly Value[], b: readonly Value[]) => boolean
  /** partition, then order, of the row before */
  #before: readonly Value[] | null = null
  #rowNumber = 0
  #rank = 0
  #denseRank = 0

  constructor(options: RankOptions) {
    this.name = options.name
    this.#options = options
    this.#builder = new RowBuilder(options.schema)
    const { order, partition, schema } = options
    const equal = (columns: readonly number[], from: number) => {
      const compares = columns.map(column => {
        const { type } = schema.columns[column]!
        return comparator(type, type)
      })
      return (a: readonly Value[], b: readonly Value[]): boolean =>
        compares.every((compare, index) => {
          const [x, y] = [a[from + index] ?? null, b[from + index] ?? null]
          return x === null || y === null ? x === y : compare(x, y) === 0
        })
    }
    this.#isSamePart = equal(partition, 0)
    this.#isTie = equal(order, partition.length)
  }

  push(rows: RowBatch, selection: Selection): void {
    const { functions, limit, order, partition, schema } = this.#options
    const read = [...partition, ...order]
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const here = read.map(column => {
        const value = typedValueAt(rows.columns[column]!, schema.columns[column]!.type, row)
        return value instanceof Uint8Array ? value.slice() : value
      })
      this.#count(here)
      if (limit !== null && this.#rowNumber > limit) continue
      const numbers = functions.map(name =>
        BigInt(name === 'ROW_NUMBER' ? this.#rowNumber : name === 'RANK' ? this.#rank : this.#denseRank),
      )
      this.#builder.add(rows.rowtimes[row]!, [...heldValues(rows, row), ...numbers])
      if (this.#builder.full) this.#flush()
    }
    this.#flush()
  }

  advance(bound: number): void {
    this.#options.output.advance(bound)
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.number(this.#rowNumber)
    writer.number(this.#rank)
    writer.number(this.#denseRank)
    writer.count(this.#before === null ? 0 : this.#before.length)
    for (const value of this.#before ?? []) writer.value(value)
    yield
  }

  restore(reader: StateReader): void {
    this.#rowNumber = reader.number()
    this.#rank = reader.number()
    this.#denseRank = reader.number()
    const length = reader.count()
    this.#before = length === 0 ? null : Array.from({ length }, () => reader.value())
  }

  #count(here: readonly Value[]): void {
    const before = this.#before
    this.#before = here
    if (before === null || !this.#isSamePart(before, here)) {
      this.#rowNumber = 1
      this.#rank = 1
      this.#denseRank = 1
      return
    }
    this.#rowNumber++
    if (this.#isTie(before, here)) return
    this.#rank = this.#rowNumber
    this.#denseRank++
  }

  #flush(): void {
    if (this.#builder.length === 0) return
    const rows = this.#builder.take()
    this.#options.output.push(rows, everyRow(rows.length))
  }
}
