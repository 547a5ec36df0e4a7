/**
 * ORDER BY t WITHIN INTERVAL 'd': rows take the time t as their rowtime and leave in its order. A row leaves when the
 * greatest t seen is d beyond its own; a row that is older than the last one that left is late. Bounds of the input say
 * nothing about t, only the end of the input does.
 */
import type { TextSpan } from '../../core/errors.ts'
import { RowBuilder } from '../../core/row-builder.ts'
import { isNullAt, type RowBatch, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { timestampText } from '../expressions/datetime-text.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import { asNumbers } from '../expressions/vectors.ts'
import { heldBytes, heldValues, readHeld, writeHeld } from './held-row.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import type { RowErrors } from './row-errors.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface TimeSortOptions {
  readonly name: string
  readonly schema: Schema
  /** the TIMESTAMP column that becomes the rowtime */
  readonly column: number
  /** how far rows may be out of order, milliseconds */
  readonly withinMs: number
  readonly span: TextSpan
  readonly output: Input
  readonly errors: RowErrors
  readonly limits: StateLimits
}

interface HeldRow {
  readonly time: number
  /** order of arrival, which decides ties */
  readonly arrival: number
  readonly values: readonly Value[]
}

export class TimeSort implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: TimeSortOptions
  readonly #builder: RowBuilder
  /** a binary heap, the row that leaves next on top */
  readonly #heap: HeldRow[] = []
  #bytes = 0
  #arrivals = 0
  #newest = -Infinity
  /** time of the last row that left */
  #left = -Infinity
  #told = -Infinity

  constructor(options: TimeSortOptions) {
    this.name = options.name
    this.#options = options
    this.#builder = new RowBuilder(options.schema)
  }

  push(rows: RowBatch, selection: Selection): void {
    const { column, withinMs, limits } = this.#options
    const times = asNumbers(rows.columns[column]!)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      if (isNullAt(times, row)) {
        this.#report(rows, row, 'NULL_NOT_ALLOWED', 'NULL for ROWTIME')
        continue
      }
      const time = times.values[row]!
      if (time < this.#left) {
        const [late, left] = [timestampText(time, true), timestampText(this.#left, true)]
        this.#report(rows, row, 'LATE_ROW', `late row: its time ${late} is below ${left}, which has left the sort`)
        continue
      }
      this.#add({ time, arrival: this.#arrivals++, values: heldValues(rows, row) })
      if (this.#bytes > limits.maxBytes) throw stateLimitError(this.name, 'maxBytes', limits.maxBytes)
      if (time > this.#newest) this.#newest = time
      this.#release(this.#newest - withinMs)
    }
    this.#flush()
  }

  advance(bound: number): void {
    if (bound !== Infinity) return
    this.#release(Infinity)
    this.#flush()
    this.#options.output.advance(Infinity)
  }

  get stateBytes(): number {
    return this.#bytes
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.number(this.#newest)
    writer.number(this.#left)
    writer.number(this.#arrivals)
    writer.count(this.#heap.length)
    for (const { arrival, time, values } of this.#heap) {
      writer.number(time)
      writer.number(arrival)
      writeHeld(writer, values)
      if (writer.sliceFull) yield
    }
  }

  restore(reader: StateReader): void {
    this.#newest = reader.number()
    this.#left = reader.number()
    this.#told = this.#left
    this.#arrivals = reader.number()
    const width = this.#options.schema.columns.length
    for (let left = reader.count(); left > 0; left--) {
      this.#add({ time: reader.number(), arrival: reader.number(), values: readHeld(reader, width) })
    }
  }

  #report(rows: RowBatch, row: number, name: 'NULL_NOT_ALLOWED' | 'LATE_ROW', message: string): void {
    const { line, column } = this.#options.span
    this.#options.errors.report(rows, row, name, `${line}:${column} ${message}`)
  }

  #release(upTo: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.time <= upTo; first = this.#heap[0]) {
      this.#removeFirst()
      this.#bytes -= heldBytes(first.values)
      this.#left = first.time
      this.#builder.add(first.time, first.values)
      if (this.#builder.full) this.#flush()
    }
  }

  #flush(): void {
    if (this.#builder.length > 0) {
      const rows = this.#builder.take()
      this.#options.output.push(rows, everyRow(rows.length))
    }
    if (this.#left <= this.#told) return
    this.#told = this.#left
    this.#options.output.advance(this.#left)
  }

  #add(row: HeldRow): void {
    this.#bytes += heldBytes(row.values)
    const heap = this.#heap
    let at = heap.length
    heap.push(row)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(row, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = row
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function before(a: HeldRow, b: HeldRow): boolean {
  return a.time < b.time || (a.time === b.time && a.arrival < b.arrival)
}
