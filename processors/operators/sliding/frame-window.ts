/**
 * A window with a bounded frame. Rows of a RANGE expire in time order over all partitions, and a partition goes with its
 * last row, so that memory is what the frame spans and idle keys cost nothing. Rows of a ROWS frame leave as rows of their
 * partition come; those partitions stay.
 */
import type { ColumnVector, RowBatch } from '../../../core/rows.ts'
import type { Selection } from '../../expressions/selection.ts'
import type { FramePlan } from '../../sql/sliding-plan.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { type FrameFunction, frameFunction } from './frame-function.ts'
import { FrameRows } from './frame-rows.ts'
import { Partitions } from './partitions.ts'
import { type SlidingWindow, type SlidingWindowOptions, type TakeResult } from './sliding-window.ts'
import { slotColumn } from './slot-column.ts'

/** Rough bytes of a function for each partition, and for each row. */
const FUNCTION_BYTES = 16

export class FrameWindow implements SlidingWindow {
  readonly #frame: FramePlan & { readonly preceding: number }
  readonly #partitions: Partitions
  readonly #rows: FrameRows
  readonly #functions: readonly FrameFunction[]
  readonly #folding: readonly FrameFunction[]
  /** index of each function among those of the node */
  readonly #indexes: readonly number[]
  /** index of each column of the rows among the arguments of the node */
  readonly #arguments: readonly number[]

  constructor(options: SlidingWindowOptions, preceding: number) {
    this.#frame = { unit: options.frame.unit, preceding }
    this.#partitions = new Partitions(options.partition)
    this.#arguments = [...new Set(options.functions.flatMap(({ argument }) => (argument === null ? [] : [argument])))]
    const columns = this.#arguments.map(argument => slotColumn(options.arguments[argument]!))
    const rows = new FrameRows(columns)
    this.#rows = rows
    this.#functions = options.functions.map(each => {
      const column = each.argument === null ? null : columns[this.#arguments.indexOf(each.argument)]!
      return frameFunction(each, rows, column)
    })
    this.#folding = this.#functions.filter(each => each.fold !== undefined)
    this.#indexes = options.functions.map(({ index }) => index)
  }

  get keys(): number {
    return this.#partitions.size
  }

  get bytes(): number {
    const each = FUNCTION_BYTES * (this.#rows.slots + this.#partitions.capacity)
    return this.#functions.reduce(
      (sum, { ownedBytes }) => sum + ownedBytes + each,
      this.#rows.bytes + this.#partitions.bytes,
    )
  }

  push(
    batch: RowBatch,
    selection: Selection,
    partition: readonly ColumnVector[],
    args: readonly ColumnVector[],
    take: TakeResult,
  ): void {
    const { unit, preceding } = this.#frame
    const columns = this.#arguments.map(argument => args[argument]!)
    const rows = this.#rows
    this.#partitions.read(partition, selection)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const rowtime = batch.rowtimes[row]!
      if (unit === 'RANGE') this.#expire(rowtime - preceding)
      const at = this.#partitions.at(i)
      rows.reserve(at + 1)
      if (unit === 'ROWS' && rows.counts[at]! > preceding) this.#leave(at)
      const slot = rows.append(at, rowtime)
      for (let c = 0; c < columns.length; c++) rows.columns[c]!.take(slot, columns[c]!, row)
      this.#enter(at, slot)
      for (let f = 0; f < this.#functions.length; f++) take(this.#indexes[f]!, row, this.#functions[f]!.result(at))
    }
  }

  advance(bound: number): void {
    if (this.#frame.unit === 'RANGE') this.#expire(bound - this.#frame.preceding)
  }

  *write(writer: StateWriter): Generator<void> {
    const rows = this.#rows
    const ordinals = new Map<number, number>()
    writer.count(this.#partitions.size)
    for (let partition = 0; partition < this.#partitions.capacity; partition++) {
      if (!this.#partitions.isOpen(partition)) continue
      ordinals.set(partition, ordinals.size)
      for (const value of this.#partitions.keysOf(partition)) writer.value(value)
      writer.count(rows.folded[partition]!)
      if (writer.sliceFull) yield
    }
    writer.count(rows.size)
    for (const slot of rows.inOrder()) {
      writer.count(ordinals.get(rows.partitionOf[slot]!)!)
      writer.number(rows.rowtimes[slot]!)
      for (const column of rows.columns) writer.value(column.value(slot))
      if (writer.sliceFull) yield
    }
  }

  read(reader: StateReader): void {
    const rows = this.#rows
    const width = this.#partitions.width
    const partitions: number[] = []
    const folded: number[] = []
    for (let left = reader.count(); left > 0; left--) {
      const partition = this.#partitions.enter(Array.from({ length: width }, () => reader.value()))
      rows.reserve(partition + 1)
      partitions.push(partition)
      folded[partition] = reader.count()
    }
    for (let left = reader.count(); left > 0; left--) {
      const partition = partitions[reader.count()]
      if (partition === undefined) throw reader.damaged('a row of no partition')
      const slot = rows.append(partition, reader.number())
      for (const column of rows.columns) column.set(slot, reader.value())
      this.#enter(partition, slot)
      // What was folded then is folded now, so that sums are added in the same order.
      if (rows.counts[partition] === folded[partition]) this.#fold(partition)
    }
  }

  #enter(partition: number, slot: number): void {
    for (const each of this.#functions) {
      each.reserve(this.#partitions.capacity, this.#rows.slots)
      each.enter(partition, slot)
    }
  }

  #leave(partition: number): void {
    const rows = this.#rows
    if (rows.folded[partition] === 0 && this.#folding.length > 0) this.#fold(partition)
    const slot = rows.head[partition]!
    for (const each of this.#functions) each.leave(partition, slot)
    rows.removeHead(partition)
  }

  #fold(partition: number): void {
    for (const each of this.#folding) each.fold?.(partition)
    this.#rows.folded[partition] = this.#rows.counts[partition]!
  }

  /** Lets the rows go whose rowtime is below `from`. */
  #expire(from: number): void {
    const rows = this.#rows
    while (rows.oldest >= 0 && rows.rowtimes[rows.oldest]! < from) {
      // The oldest row of all is the first of its partition.
      const partition = rows.partitionOf[rows.oldest]!
      this.#leave(partition)
      if (rows.counts[partition] === 0) this.#partitions.release(partition)
    }
  }
}
