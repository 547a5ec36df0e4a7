/** One side of a join: rows that wait for their turn, then rows that are kept for partners, found by their keys. */
import { assert } from '../../core/assert.ts'
import { RowBuilder } from '../../core/row-builder.ts'
import type { RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { RowFailures } from '../expressions/failures.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import type { JoinWindow } from '../sql/plan-node.ts'
import { gatherRows } from './gather.ts'
import type { RowErrors } from './row-errors.ts'
import { type CompiledJoinKey, type RowKey, retainedBytes, retainRows, rowKeys, rowValues } from './row-store.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface JoinSideOptions {
  readonly schema: Schema
  readonly keys: readonly CompiledJoinKey[]
  readonly window: JoinWindow
  /** rows that meet nobody leave alone */
  readonly preserved: boolean
  readonly errors: RowErrors
}

/** A batch of rows, some waiting, some kept, some gone. */
export interface KeptRows {
  readonly batch: RowBatch
  readonly keys: readonly RowKey[]
  /** 1 for a row that met a partner */
  readonly met: Uint8Array
  readonly bytes: number
}

/** Kept rows of one key in the order in which they came; those before `head` are gone. */
interface Partners {
  readonly batches: KeptRows[]
  readonly rows: number[]
  head: number
}

/** Gone rows of one key after which their places are given back. */
const GONE_MAX = 64

export class JoinSide {
  readonly preserved: boolean
  /** no later row has a smaller rowtime */
  bound = -Infinity
  bytes = 0
  readonly #options: JoinSideOptions
  readonly #batches: KeptRows[] = []
  readonly #byKey = new Map<RowKey, Partners>()
  /** oldest kept row: of the first batch */
  #oldest = 0
  /** next row to enter: batch and row */
  #turnBatch = 0
  #turnRow = 0
  #kept = 0

  constructor(options: JoinSideOptions) {
    this.#options = options
    this.preserved = options.preserved
  }

  get keyCount(): number {
    return this.#byKey.size
  }

  get isEmpty(): boolean {
    return this.#kept === 0
  }

  /** Rowtime of the row whose turn it is; Infinity without one. */
  get head(): number {
    return this.#batches[this.#turnBatch]?.batch.rowtimes[this.#turnRow] ?? Infinity
  }

  /** True when the oldest row must go before another enters. */
  get isFull(): boolean {
    const { window } = this.#options
    return window.kind === 'rows' && this.#kept >= window.count
  }

  /** The last time at which the oldest kept row may meet a partner; Infinity where only other rows drive it out. */
  get ends(): number {
    const { window } = this.#options
    const [first] = this.#batches
    if (this.#kept === 0 || first === undefined || window.kind === 'rows') return Infinity
    return first.batch.rowtimes[this.#oldest]! + window.keptMs
  }

  /** Takes rows that wait for their turn. */
  hold(rows: RowBatch, selection: Selection): void {
    if (selection.length === 0) return
    const { keys, errors } = this.#options
    this.bound = Math.max(this.bound, rows.rowtimes[selection.rows[selection.length - 1]!]!)
    const retained = retainRows(rows, selection)
    const failures = new RowFailures()
    const found = rowKeys(retained, everyRow(retained.length), keys, failures)
    if (failures.size === 0) {
      this.#add(retained, found)
      return
    }
    for (const [row, { name, message }] of failures.among(everyRow(retained.length)))
      errors.report(rows, selection.rows[row]!, name, message)
    const sound = failures.without(everyRow(retained.length))
    if (sound.length > 0) this.#addFound(gatherRows(retained, sound))
  }

  /** Keeps the row whose turn it is. */
  enter(): { readonly rows: KeptRows; readonly row: number; readonly key: RowKey } {
    const rows = this.#batches[this.#turnBatch]
    assert(rows !== undefined, 'a row enters when there is one')
    const row = this.#turnRow++
    if (this.#turnRow === rows.batch.length) {
      this.#turnBatch++
      this.#turnRow = 0
    }
    return { rows, row, key: this.#keep(rows, row) }
  }

  /** Lets go of the oldest kept row. */
  leave(): { readonly rows: KeptRows; readonly row: number } {
    const [rows] = this.#batches
    assert(rows !== undefined && this.#kept > 0, 'a row leaves when there is one')
    const row = this.#oldest++
    this.#kept--
    const key = rows.keys[row] ?? null
    if (key !== null) this.#forget(key)
    if (this.#oldest === rows.batch.length) {
      this.#batches.shift()
      this.#turnBatch--
      this.#oldest = 0
      this.bytes -= rows.bytes
    }
    return { rows, row }
  }

  find(key: RowKey): Partners | undefined {
    return this.#byKey.get(key)
  }

  *write(writer: StateWriter): Generator<void> {
    writer.number(this.bound)
    writer.count(this.#kept)
    let waiting = -this.#kept - this.#oldest
    for (const { batch } of this.#batches) waiting += batch.length
    writer.count(waiting)
    for (const [index, { batch, met }] of this.#batches.entries()) {
      for (let row = index === 0 ? this.#oldest : 0; row < batch.length; row++) {
        writer.number(batch.rowtimes[row]!)
        for (const value of rowValues(batch, row)) writer.value(value)
        writer.count(met[row]!)
        if (writer.sliceFull) yield
      }
    }
  }

  read(reader: StateReader): void {
    this.bound = reader.number()
    const kept = reader.count()
    let left = kept + reader.count()
    const builder = new RowBuilder(this.#options.schema)
    while (left > 0) {
      const met: number[] = []
      while (left > 0 && !builder.full) {
        const rowtime = reader.number()
        builder.add(
          rowtime,
          this.#options.schema.columns.map(() => reader.value()),
        )
        met.push(reader.count())
        left--
      }
      this.#addFound(builder.take()).met.set(met)
    }
    for (let entered = 0; entered < kept; entered++) this.enter()
  }

  #addFound(batch: RowBatch): KeptRows {
    return this.#add(batch, rowKeys(batch, everyRow(batch.length), this.#options.keys, new RowFailures()))
  }

  #add(batch: RowBatch, found: readonly RowKey[]): KeptRows {
    const bytes = retainedBytes(batch, this.#options.keys.length)
    const rows = { batch, keys: found, met: new Uint8Array(batch.length), bytes }
    this.#batches.push(rows)
    this.bytes += bytes
    return rows
  }

  #keep(rows: KeptRows, row: number): RowKey {
    this.#kept++
    const key = rows.keys[row] ?? null
    if (key === null) return key
    let partners = this.#byKey.get(key)
    if (partners === undefined) this.#byKey.set(key, (partners = { batches: [], rows: [], head: 0 }))
    partners.batches.push(rows)
    partners.rows.push(row)
    return key
  }

  #forget(key: RowKey): void {
    const partners = this.#byKey.get(key)
    if (partners === undefined) return
    partners.head++
    if (partners.head === partners.rows.length) this.#byKey.delete(key)
    else if (partners.head >= GONE_MAX && partners.head * 2 >= partners.rows.length) {
      partners.batches.splice(0, partners.head)
      partners.rows.splice(0, partners.head)
      partners.head = 0
    }
  }
}
