/**
 * SELECT STREAM DISTINCT: a row leaves when first seen, with its own rowtime, and what was seen is forgotten when one of
 * the monotonic items changes, because their old values never return.
 */

import type { TextSpan } from '../../core/errors.ts'
import {
  type ColumnVector,
  isNullAt,
  ROWS_PER_BATCH_MAX,
  type RowBatch,
  typedValueAt,
  type Value,
} from '../../core/rows.ts'
import type { SqlType } from '../../core/sql-type.ts'
import { RowFailure, RowFailures } from '../expressions/failures.ts'
import type { Selection } from '../expressions/selection.ts'
import { KeyNumbers } from './key-numbers.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import { type RowErrors, withoutFailures } from './row-errors.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface DistinctOptions {
  readonly name: string
  /** the columns that are compared, with their types */
  readonly columns: readonly { readonly index: number; readonly type: SqlType }[]
  /** the monotonic columns among them; the memory is cleared when one of them changes. Empty: see `byRowtime` */
  readonly changing: readonly { readonly index: number; readonly type: SqlType }[]
  /** the memory is cleared when the rowtime changes */
  readonly byRowtime: boolean
  readonly span: TextSpan
  readonly output: Input
  readonly errors: RowErrors
  readonly limits: StateLimits
}

export class Distinct implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: DistinctOptions
  readonly #seen: KeyNumbers
  readonly #numbers = new Int32Array(ROWS_PER_BATCH_MAX)
  /** of the rows in memory: the rowtime if it counts, then the monotonic columns; null before the first row */
  #current: readonly Value[] | null = null

  constructor(options: DistinctOptions) {
    this.name = options.name
    this.#options = options
    this.#seen = new KeyNumbers(options.columns.map(({ type }) => type))
  }

  push(rows: RowBatch, selection: Selection): void {
    const { columns, output } = this.#options
    const compared = columns.map(({ index }) => rows.columns[index]!)
    const sound = this.#withoutNulls(rows, selection)
    const kept = new Int32Array(sound.length)
    let length = 0
    for (let from = 0; from < sound.length; ) {
      const current = this.#changingOf(rows, sound.rows[from]!)
      let to = from + 1
      while (to < sound.length && same(current, this.#changingOf(rows, sound.rows[to]!))) to++
      if (this.#current === null || !same(current, this.#current)) this.#seen.clear()
      this.#current = current
      let known = this.#seen.size
      this.#seen.read(compared, sound.rows, from, to, this.#numbers)
      for (let i = from; i < to; i++) {
        if (this.#numbers[i - from]! < known) continue
        known++
        kept[length++] = sound.rows[i]!
      }
      this.#checkLimits()
      from = to
    }
    if (length > 0) output.push(rows, { rows: kept, length })
  }

  advance(bound: number): void {
    this.#options.output.advance(bound)
  }

  get stateBytes(): number {
    return this.#seen.bytes
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.count(this.#current === null ? 0 : 1)
    for (const value of this.#current ?? []) writer.value(value)
    writer.count(this.#seen.size)
    for (let number = 0; number < this.#seen.size; number++) {
      for (const value of this.#seen.valuesOf(number)) writer.value(value)
      if (writer.sliceFull) yield
    }
  }

  restore(reader: StateReader): void {
    const { changing, byRowtime, columns } = this.#options
    const width = changing.length + (byRowtime ? 1 : 0)
    this.#current = reader.count() === 0 ? null : Array.from({ length: width }, () => reader.value())
    for (let left = reader.count(); left > 0; left--) this.#seen.numberOf(columns.map(() => reader.value()))
  }

  #withoutNulls(rows: RowBatch, selection: Selection): Selection {
    const { changing, errors, span } = this.#options
    const failures = new RowFailures()
    const failure = new RowFailure('NULL_NOT_ALLOWED', 'NULL for the item that ends the memory of DISTINCT')
    for (const { index } of changing) {
      const column = rows.columns[index]!
      for (let i = 0; i < selection.length; i++) {
        if (isNullAt(column, selection.rows[i]!)) failures.add(selection.rows[i]!, failure, span)
      }
    }
    return withoutFailures(rows, selection, failures, errors)
  }

  #changingOf(rows: RowBatch, row: number): readonly Value[] {
    const { changing, byRowtime } = this.#options
    const values = changing.map(({ index, type }) => identityOf(rows.columns[index]!, type, row))
    return byRowtime ? [rows.rowtimes[row]!, ...values] : values
  }

  #checkLimits(): void {
    const { limits } = this.#options
    if (this.#seen.size > limits.maxKeys) throw stateLimitError(this.name, 'maxKeys', limits.maxKeys)
    if (this.#seen.bytes > limits.maxBytes) throw stateLimitError(this.name, 'maxBytes', limits.maxBytes)
  }
}

/** A value that can be compared by identity. */
function identityOf(column: ColumnVector, type: SqlType, row: number): Value {
  const value = typedValueAt(column, type, row)
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
}

function same(a: readonly Value[], b: readonly Value[]): boolean {
  return a.every((value, index) => value === b[index])
}
