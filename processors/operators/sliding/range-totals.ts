/**
 * A RANGE frame under COUNT, and SUM and AVG of REAL and DOUBLE only: what FrameWindow does with one object for each function,
 * as one loop over arrays, which range-frames.ts has. Partitions are the numbers of their keys.
 *
 * Snapshots are those of FrameWindow.
 */
import { assert } from '../../../core/assert.ts'
import { type ColumnVector, type NumberColumn, ROWS_PER_BATCH_MAX, type RowBatch } from '../../../core/rows.ts'
import { type SqlType, storageOf } from '../../../core/sql-type.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import type { Selection } from '../../expressions/selection.ts'
import { numberVector } from '../../expressions/vectors.ts'
import { doubleValue } from '../accumulators/results.ts'
import { KeyNumbers } from '../key-numbers.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { isExact } from './frame-function.ts'
import {
  emptyFrames,
  enterFrame,
  expireFrames,
  type FrameResults,
  foldedOfPartition,
  foldFrame,
  partitionOf,
  placeValue,
  placeValues,
  type RangeFrames,
  renumberPartitions,
  reserveFrames,
  rowsOfPartition,
  rowtimeOf,
  slideFrames,
  valueOf,
} from './range-frames.ts'
import { countColumn, sumColumn } from './range-results.ts'
import type { SlidingWindow, SlidingWindowOptions, TakeColumn, TakeResult, WindowFunction } from './sliding-window.ts'

/** Keys without a row that may wait until all are numbered anew. */
const DEAD_KEYS_MIN = 1_024
const ROW_BYTES = 16
const COLUMN_BYTES = 24
const NONE = -1

// Scratch of one call.
const NUMBERS = new Int32Array(ROWS_PER_BATCH_MAX)

/** True where the functions of a window can be computed here. */
export function isRangeTotals({ frame, functions, arguments: types }: SlidingWindowOptions): boolean {
  if (frame.unit !== 'RANGE' || frame.preceding === null) return false
  return functions.every(({ name, argument, distinct, type }) => {
    if (name !== 'COUNT' && name !== 'SUM' && name !== 'AVG') return false
    if (distinct || (name === 'COUNT' && type.kind !== 'BIGINT')) return false
    if (argument === null) return true
    const of = types[argument]!
    return storageOf(of) === 'number' && (name === 'COUNT' || !isExact(of))
  })
}

export class RangeTotals implements SlidingWindow {
  readonly #precedingMs: number
  readonly #keyTypes: readonly SqlType[]
  readonly #functions: readonly (WindowFunction & { readonly column: number })[]
  /** arguments of the node, by column here */
  readonly #arguments: readonly number[]
  readonly #frames: RangeFrames
  #keys: KeyNumbers
  /** of each row of a batch */
  readonly #results: FrameResults

  constructor(options: SlidingWindowOptions, precedingMs: number) {
    this.#precedingMs = precedingMs
    this.#keyTypes = options.partition
    this.#keys = new KeyNumbers(options.partition)
    this.#arguments = [...new Set(options.functions.flatMap(({ argument }) => (argument === null ? [] : [argument])))]
    this.#functions = options.functions.map(each => ({
      ...each,
      column: each.argument === null ? NONE : this.#arguments.indexOf(each.argument),
    }))
    const width = this.#arguments.length
    this.#frames = emptyFrames(width)
    this.#results = {
      rows: new Float64Array(ROWS_PER_BATCH_MAX),
      sums: new Float64Array(ROWS_PER_BATCH_MAX * width),
      counts: new Float64Array(ROWS_PER_BATCH_MAX * width),
    }
  }

  get keys(): number {
    return this.#frames.living
  }

  get bytes(): number {
    const { size, width } = this.#frames
    return (size + this.#keys.size) * (ROW_BYTES + COLUMN_BYTES * width) + this.#keys.bytes
  }

  push(
    batch: RowBatch,
    selection: Selection,
    partition: readonly ColumnVector[],
    args: readonly ColumnVector[],
    take: TakeResult,
    takeColumn: TakeColumn,
  ): void {
    const { rows, length } = selection
    const frames = this.#frames
    if (this.#keys.size - frames.living > Math.max(DEAD_KEYS_MIN, frames.living)) this.#forgetDead()
    this.#keys.read(partition, rows, 0, length, NUMBERS)
    reserveFrames(frames, length, this.#keys.size)
    const { width } = frames
    // The values of the batch go to their places first, column by column.
    this.#arguments.forEach((argument, c) => {
      const { values, nulls } = numbersOf(args[argument]!)
      placeValues(frames, c, values, nulls, rows, length)
    })
    slideFrames(frames, NUMBERS, batch.rowtimes, rows, length, this.#precedingMs, this.#results)
    const { rows: frameRows, sums, counts } = this.#results
    for (const { index, name, column, type } of this.#functions) {
      if (name === 'COUNT') {
        const counted =
          column === NONE
            ? countColumn(frameRows, 0, 1, rows, length, batch.length)
            : countColumn(counts, column, width, rows, length, batch.length)
        takeColumn(index, counted)
        continue
      }
      const result = numberVector(batch.length)
      const average = name === 'AVG'
      const unfit = sumColumn(sums, counts, column, width, average, rows, length, result)
      if (unfit || type.kind === 'REAL')
        for (let i = 0; i < length; i++) {
          const row = rows[i]!
          if (result.nulls[row] === 1) continue
          const fitted = doubleValue(result.values[row]!, type)
          if (typeof fitted === 'number') result.values[row] = fitted
          else {
            result.nulls[row] = 1
            result.values[row] = 0
            take(index, row, fitted as RowFailure)
          }
        }
      takeColumn(index, result)
    }
  }

  advance(bound: number): void {
    expireFrames(this.#frames, bound - this.#precedingMs)
  }

  *write(writer: StateWriter): Generator<void> {
    const frames = this.#frames
    const ordinals = new Map<number, number>()
    writer.count(frames.living)
    for (let partition = 0; partition < this.#keys.size; partition++) {
      if (rowsOfPartition(frames, partition) === 0) continue
      ordinals.set(partition, ordinals.size)
      for (const value of this.#keys.valuesOf(partition)) writer.value(value)
      writer.count(foldedOfPartition(frames, partition))
      if (writer.sliceFull) yield
    }
    writer.count(frames.size)
    for (let i = 0; i < frames.size; i++) {
      writer.count(ordinals.get(partitionOf(frames, i))!)
      writer.number(rowtimeOf(frames, i))
      for (let c = 0; c < frames.width; c++) writer.value(valueOf(frames, i, c))
      if (writer.sliceFull) yield
    }
  }

  read(reader: StateReader): void {
    const frames = this.#frames
    const numbers: number[] = []
    const folded: number[] = []
    for (let left = reader.count(); left > 0; left--) {
      const number = this.#keys.numberOf(this.#keyTypes.map(() => reader.value()))
      numbers.push(number)
      folded[number] = reader.count()
    }
    for (let left = reader.count(); left > 0; left--) {
      const number = numbers[reader.count()]
      if (number === undefined) throw reader.damaged('a row of no partition')
      reserveFrames(frames, 1, this.#keys.size)
      const rowtime = reader.number()
      for (let c = 0; c < frames.width; c++) {
        const value = reader.value()
        placeValue(frames, c, value === null ? null : Number(value))
      }
      enterFrame(frames, number, rowtime, this.#results)
      // What was folded then is folded now, so that sums are added in the same order.
      if (rowsOfPartition(frames, number) === folded[number]) foldFrame(frames, number)
    }
  }

  /** Numbers the keys that have rows anew. Each row pays a constant share of this, because as many keys have gone as remain. */
  #forgetDead(): void {
    const old = this.#keys
    this.#keys = new KeyNumbers(this.#keyTypes)
    const numbers = new Int32Array(old.size)
    for (let number = 0; number < old.size; number++)
      if (rowsOfPartition(this.#frames, number) > 0) numbers[number] = this.#keys.numberOf(old.valuesOf(number))
    renumberPartitions(this.#frames, numbers, this.#keys.size)
  }
}

function numbersOf(column: ColumnVector): NumberColumn {
  assert(column.layout === 'number', 'a number argument fills a number column')
  return column
}
