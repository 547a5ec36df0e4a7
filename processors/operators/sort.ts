/**
 * ORDER BY: rows are held while the first key keeps its value, then leave sorted by the other keys, with the rowtime at
 * which their window closed. With a limit only the first rows of each window are kept.
 *
 *   no window --row--> open --row with another first key, or clock at the end--> closed, waits for work() --> gone
 */
import { assert } from '../../core/assert.ts'
import type { TextSpan } from '../../core/errors.ts'
import { RowBuilder } from '../../core/row-builder.ts'
import type { RowBatch, Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { comparator } from '../expressions/comparison.ts'
import { RowFailure, RowFailures } from '../expressions/failures.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import type { SortKey, WindowEnd } from '../sql/plan-node.ts'
import { heldBytes, heldValues, readHeld, writeHeld } from './held-row.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import { type RowErrors } from './row-errors.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'
import { includesEnd, windowEnd } from './window-end.ts'

export interface SortOptions {
  readonly name: string
  readonly schema: Schema
  /** by column, the first one of the window if there is one; no column: the rowtime */
  readonly keys: readonly SortKey[]
  /** when the value of the first key is complete; null: all rows of the input are one window */
  readonly end: WindowEnd | null
  /** rows that leave for each window, at most; null: all */
  readonly limit: number | null
  readonly span: TextSpan
  readonly output: Input
  readonly errors: RowErrors
  readonly limits: StateLimits
}

type HeldRow = readonly [rowtime: number, values: readonly Value[]]

/** A window whose rows have yet to leave, in their order. */
interface ClosedWindow {
  readonly rowtime: number
  readonly rows: HeldRow[]
}

/** Batches that leave in one slice of work. */
const BATCHES_PER_SLICE = 4
/** Rows beyond a limit that wait before they are sorted out. */
const PRUNE_SLACK = 1_024

export class Sort implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: SortOptions
  readonly #compare: (a: HeldRow, b: HeldRow) => number
  readonly #builder: RowBuilder
  readonly #closed: ClosedWindow[] = []
  /** first row of the first closed window that has not left */
  #next = 0
  #rows: HeldRow[] = []
  #bytes = 0
  #isOpen = false
  /** value of the first key of the open window */
  #open: Value = null
  /** where the open window ends; Infinity while only a change of its key can tell */
  #end = Infinity
  /** the greatest rowtime or finite bound seen */
  #clock = -Infinity
  /** what the output may be told once everything closed has left */
  #bound = -Infinity
  #told = -Infinity

  constructor(options: SortOptions) {
    this.name = options.name
    this.#options = options
    // Within a window the first key is the same for every row.
    this.#compare = rowOrder(options.end === null ? options.keys : options.keys.slice(1), options.schema)
    this.#builder = new RowBuilder(options.schema)
  }

  push(rows: RowBatch, selection: Selection): void {
    const failures = new RowFailures()
    const { end, errors, span } = this.#options
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const held: HeldRow = [rows.rowtimes[row]!, heldValues(rows, row)]
      if (end !== null) {
        const value = identity(this.#firstKey(held))
        if (value === null) {
          failures.add(row, new RowFailure('NULL_NOT_ALLOWED', 'NULL for the first key of ORDER BY'), span)
          const failure = failures.get(row)
          if (failure !== undefined) errors.report(rows, row, failure.name, failure.message)
          continue
        }
        this.#enter(value, held[0])
      } else this.#isOpen = true
      this.#clock = held[0]
      this.#add(held)
    }
  }

  advance(bound: number): void {
    if (this.#isOpen) {
      const { end } = this.#options
      const past = end !== null && (includesEnd(end) ? bound > this.#end : bound >= this.#end)
      if (past || bound === Infinity) this.#close(this.#clock)
    }
    if (bound !== Infinity) this.#clock = Math.max(this.#clock, bound)
    // Rows of the open window leave at its end, which may lie below the bound when it includes its end.
    this.#bound = Math.max(this.#bound, this.#isOpen ? Math.min(bound, this.#end) : bound)
    if (this.#closed.length === 0) this.#tell()
  }

  get stateBytes(): number {
    return this.#bytes
  }

  work(): boolean {
    let batches = 0
    while (this.#closed.length > 0 && batches < BATCHES_PER_SLICE) {
      const closed = this.#closed[0]!
      if (this.#next === closed.rows.length) {
        this.#closed.shift()
        this.#next = 0
        continue
      }
      this.#builder.add(closed.rowtime, closed.rows[this.#next++]![1])
      if (this.#builder.full) {
        this.#flush()
        batches++
      }
    }
    if (this.#closed.length > 0) return true
    this.#flush()
    this.#tell()
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    assert(this.#closed.length === 0, 'a snapshot is taken when no output is pending')
    writer.number(this.#clock)
    writer.number(this.#bound)
    writer.number(this.#isOpen ? 1 : 0)
    writer.value(this.#open)
    writer.number(this.#end)
    writer.count(this.#rows.length)
    for (const [rowtime, values] of this.#rows) {
      writer.number(rowtime)
      writeHeld(writer, values)
      if (writer.sliceFull) yield
    }
  }

  restore(reader: StateReader): void {
    this.#clock = reader.number()
    this.#bound = reader.number()
    this.#isOpen = reader.number() === 1
    this.#open = reader.value()
    this.#end = reader.number()
    const width = this.#options.schema.columns.length
    for (let left = reader.count(); left > 0; left--) this.#add([reader.number(), readHeld(reader, width)])
    this.#told = this.#bound
  }

  #firstKey([rowtime, values]: HeldRow): Value {
    const column = this.#options.keys[0]?.column ?? null
    return column === null ? rowtime : (values[column] ?? null)
  }

  #add(row: HeldRow): void {
    this.#rows.push(row)
    this.#bytes += heldBytes(row[1])
    const { limit, limits } = this.#options
    if (limit !== null && this.#rows.length >= 2 * limit + PRUNE_SLACK) this.#prune(limit)
    if (this.#bytes > limits.maxBytes) throw stateLimitError(this.name, 'maxBytes', limits.maxBytes)
  }

  /** Keeps the first rows in order; rows of one key stay in order of arrival, because sorting is stable. */
  #prune(limit: number): void {
    this.#rows.sort(this.#compare)
    for (const [, values] of this.#rows.splice(limit)) this.#bytes -= heldBytes(values)
  }

  /** Makes the window of `value` the open one. `rowtime` is that of its first row here. */
  #enter(value: Value, rowtime: number): void {
    if (this.#isOpen && this.#open !== value) this.#close(rowtime)
    if (this.#isOpen) return
    this.#isOpen = true
    this.#open = value
    const { end } = this.#options
    this.#end = end === null ? Infinity : (windowEnd(end, value as number, rowtime) ?? Infinity)
  }

  /** @param closedAt the time of what closed the window, which is its end where the key does not tell one */
  #close(closedAt: number): void {
    const { limit } = this.#options
    if (limit !== null) this.#prune(limit)
    else this.#rows.sort(this.#compare)
    this.#closed.push({ rowtime: this.#end === Infinity ? closedAt : this.#end, rows: this.#rows })
    this.#rows = []
    this.#bytes = 0
    this.#isOpen = false
    this.#open = null
    this.#end = Infinity
  }

  #flush(): void {
    if (this.#builder.length === 0) return
    const rows = this.#builder.take()
    this.#options.output.push(rows, everyRow(rows.length))
  }

  #tell(): void {
    if (this.#bound <= this.#told) return
    this.#told = this.#bound
    this.#options.output.advance(this.#bound)
  }
}

/** Bytes have no identity of their own. */
function identity(value: Value): Value {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
}

/** NULL is the greatest value, unless a key says otherwise. */
function rowOrder(keys: readonly SortKey[], schema: Schema): (a: HeldRow, b: HeldRow) => number {
  const orders = keys.map(({ column, descending, nullsFirst }) => {
    const type = column === null ? ({ kind: 'TIMESTAMP' } as const) : schema.columns[column]!.type
    const compare = comparator(type, type)
    const sign = descending ? -1 : 1
    const ofNull = nullsFirst ? -1 : 1
    return (a: HeldRow, b: HeldRow): number => {
      const x = column === null ? a[0] : (a[1][column] ?? null)
      const y = column === null ? b[0] : (b[1][column] ?? null)
      if (x === null || y === null) return x === y ? 0 : x === null ? ofNull : -ofNull
      return sign * compare(x, y)
    }
  })
  return (a, b) => {
    for (const order of orders) {
      const sign = order(a, b)
      if (sign !== 0) return sign
    }
    return 0
  }
}
