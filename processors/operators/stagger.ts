/**
 * WINDOWED BY STAGGER: the first row of a key opens a window at its own rowtime t; rows of the key in [t, t + d) join it;
 * at t + d it emits one row and is forgotten. All windows have one length, so they close in the order in which they opened.
 *
 *   key without window --row--> open --clock at t + d--> closed, waits for work() --> gone
 */
import { assert } from '../../core/assert.ts'
import { RowBuilder } from '../../core/row-builder.ts'
import { ROWS_PER_BATCH_MAX, type RowBatch, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { RowFailure, RowFailures } from '../expressions/failures.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import { type Accumulator, accumulatorOf } from './accumulators.ts'
import type { CompiledAggregate, CompiledKey } from './aggregate.ts'
import { KeyNumbers } from './key-numbers.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import { type RowErrors, withoutFailures } from './row-errors.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface StaggerOptions {
  readonly name: string
  /** keys, then aggregates */
  readonly schema: Schema
  readonly keys: readonly CompiledKey[]
  readonly sizeMs: number
  readonly aggregates: readonly CompiledAggregate[]
  readonly output: Input
  readonly errors: RowErrors
  readonly limits: StateLimits
}

/** Batches that leave in one slice of work. */
const BATCHES_PER_SLICE = 4
/** Windows that have left before their places are used again. */
const COMPACT_AT = 1_024
const SLOT_BYTES = 48

/** Windows by slot, in the order in which they opened, and the keys and aggregates behind them. */
interface Windows {
  readonly keys: KeyNumbers
  readonly accumulators: readonly Accumulator[]
  /** rowtime of the first row, by slot */
  readonly opened: number[]
  /** number of the key, by slot */
  readonly keyOf: number[]
  /** the last slot of each key number */
  readonly slotOf: number[]
}

export class Stagger implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: StaggerOptions
  readonly #builder: RowBuilder
  readonly #numbers = new Int32Array(ROWS_PER_BATCH_MAX)
  #windows: Windows
  /** the first window that has not left */
  #first = 0
  /** the greatest rowtime or bound seen; Infinity once the input has ended */
  #clock = -Infinity
  #told = -Infinity

  constructor(options: StaggerOptions) {
    this.name = options.name
    this.#options = options
    this.#builder = new RowBuilder(options.schema)
    this.#windows = this.#newWindows()
  }

  push(rows: RowBatch, selection: Selection): void {
    const { keys, aggregates, errors, sizeMs } = this.#options
    const failures = new RowFailures()
    const evaluation = { batch: rows, failures }
    const keyColumns = keys.map(key => key.kernel(evaluation, selection))
    const args = aggregates.map(({ argument }) => (argument === null ? null : argument.kernel(evaluation, selection)))
    const kept = withoutFailures(rows, selection, failures, errors)
    if (kept.length === 0) return
    const { accumulators, keyOf, keys: known, opened, slotOf } = this.#windows
    const slots = this.#numbers
    known.read(keyColumns, kept.rows, 0, kept.length, slots)
    for (let i = 0; i < kept.length; i++) {
      const number = slots[i]!
      const rowtime = rows.rowtimes[kept.rows[i]!]!
      let slot = slotOf[number] ?? -1
      if (slot < 0 || opened[slot]! + sizeMs <= rowtime) {
        slot = opened.push(rowtime) - 1
        keyOf.push(number)
        slotOf[number] = slot
      }
      slots[i] = slot
    }
    this.#clock = rows.rowtimes[kept.rows[kept.length - 1]!]!
    accumulators.forEach((accumulator, index) => {
      accumulator.reserve(opened.length)
      accumulator.add(slots, args[index] ?? null, kept.rows, 0, kept.length)
    })
    this.#checkLimits()
  }

  advance(bound: number): void {
    this.#clock = Math.max(this.#clock, bound)
    if (!this.#isDue()) this.#tell()
  }

  get stateBytes(): number {
    const { accumulators, keys, opened } = this.#windows
    let bytes = opened.length * SLOT_BYTES * (1 + accumulators.length) + keys.bytes
    for (const accumulator of accumulators) bytes += accumulator.ownedBytes
    return bytes
  }

  work(): boolean {
    let batches = 0
    while (this.#isDue() && batches < BATCHES_PER_SLICE) {
      this.#emit(this.#first++)
      if (this.#builder.full) {
        this.#flush()
        batches++
      }
    }
    if (this.#isDue()) return true
    this.#flush()
    this.#tell()
    if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#windows.opened.length) this.#compact()
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    assert(!this.#isDue(), 'a snapshot is taken when no output is pending')
    writer.number(this.#clock)
    writer.number(this.#told)
    const { accumulators, keyOf, keys, opened } = this.#windows
    writer.count(opened.length - this.#first)
    for (let slot = this.#first; slot < opened.length; slot++) {
      writer.number(opened[slot]!)
      for (const key of keys.valuesOf(keyOf[slot]!)) writer.value(key)
      for (const accumulator of accumulators) accumulator.write(writer, slot)
      if (writer.sliceFull) yield
    }
  }

  restore(reader: StateReader): void {
    this.#clock = reader.number()
    this.#told = reader.number()
    const { accumulators, keyOf, keys, opened, slotOf } = this.#windows
    const size = reader.count()
    for (let slot = 0; slot < size; slot++) {
      opened.push(reader.number())
      const number = keys.numberOf(this.#options.keys.map(() => reader.value()))
      keyOf.push(number)
      slotOf[number] = slot
      for (const accumulator of accumulators) {
        accumulator.reserve(slot + 1)
        accumulator.read(reader, slot)
      }
    }
  }

  /** True when the oldest window has reached its end. */
  #isDue(): boolean {
    const opened = this.#windows.opened[this.#first]
    return opened !== undefined && opened + this.#options.sizeMs <= this.#clock
  }

  #emit(slot: number): void {
    const { aggregates, errors, keys, schema, sizeMs } = this.#options
    const windows = this.#windows
    const rowtime = windows.opened[slot]! + sizeMs
    const values = windows.keys.valuesOf(windows.keyOf[slot]!)
    const results = windows.accumulators.map(accumulator => accumulator.result(slot))
    const failed = results.findIndex(result => result instanceof RowFailure)
    const failure = results[failed]
    if (failure instanceof RowFailure) {
      const { line, column } = aggregates[failed]!.span
      const keySchema = { columns: schema.columns.slice(0, keys.length) }
      errors.reportValues(keySchema, values, rowtime, failure.name, `${line}:${column} ${failure.message}`)
      return
    }
    this.#builder.add(rowtime, [...values, ...(results as Value[])])
  }

  #flush(): void {
    if (this.#builder.length === 0) return
    const rows = this.#builder.take()
    this.#options.output.push(rows, everyRow(rows.length))
  }

  #tell(): void {
    if (this.#clock <= this.#told) return
    this.#told = this.#clock
    this.#options.output.advance(this.#clock)
  }

  /** Moves the open windows into fresh tables, so that those which left cost nothing. */
  #compact(): void {
    const from = this.#windows
    const to = this.#newWindows()
    for (let slot = this.#first; slot < from.opened.length; slot++) {
      const number = to.keys.numberOf(from.keys.valuesOf(from.keyOf[slot]!))
      const moved = to.opened.push(from.opened[slot]!) - 1
      to.keyOf.push(number)
      to.slotOf[number] = moved
      to.accumulators.forEach((accumulator, index) => {
        accumulator.reserve(moved + 1)
        accumulator.merge(moved, from.accumulators[index]!, slot)
      })
    }
    this.#windows = to
    this.#first = 0
  }

  #newWindows(): Windows {
    const { aggregates, keys } = this.#options
    return {
      keys: new KeyNumbers(keys.map(({ type }) => type)),
      accumulators: aggregates.map(({ name, argument, type, distinct }) =>
        accumulatorOf(name, argument?.type ?? null, type, distinct),
      ),
      opened: [],
      keyOf: [],
      slotOf: [],
    }
  }

  #checkLimits(): void {
    const { limits } = this.#options
    const { opened } = this.#windows
    const { maxOpenWindows } = limits
    const open = opened.length - this.#first
    if (open > maxOpenWindows) throw stateLimitError(this.name, 'maxOpenWindows', maxOpenWindows)
    if (open > limits.maxKeys) throw stateLimitError(this.name, 'maxKeys', limits.maxKeys)
    if (this.stateBytes > limits.maxBytes) throw stateLimitError(this.name, 'maxBytes', limits.maxBytes)
  }
}
