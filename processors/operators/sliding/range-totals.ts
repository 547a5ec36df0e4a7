/**
 * A RANGE frame under COUNT, and SUM and AVG of REAL and DOUBLE only: what FrameWindow does with one object for each function,
 * as one loop over arrays. Rows lie in a ring in the order of arrival, linked within their partition; sums slide by two
 * stacks, as folded.ts has it, so that nothing is ever subtracted. Partitions are the numbers of their keys.
 *
 * Snapshots are those of FrameWindow.
 */
import { assert } from '../../../core/assert.ts'
import { type ColumnVector, type NumberColumn, ROWS_PER_BATCH_MAX, type RowBatch } from '../../../core/rows.ts'
import { type SqlType, storageOf } from '../../../core/sql-type.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import type { Selection } from '../../expressions/selection.ts'
import { bigintVector, numberVector } from '../../expressions/vectors.ts'
import { writeCounts } from '../accumulators/count.ts'
import { doubleValue } from '../accumulators/results.ts'
import { grown, grownInts } from '../accumulators/slots.ts'
import { KeyNumbers } from '../key-numbers.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { isExact } from './frame-function.ts'
import type { SlidingWindow, SlidingWindowOptions, TakeColumn, TakeResult, WindowFunction } from './sliding-window.ts'

/** Keys without a row that may wait until all are numbered anew. */
const DEAD_KEYS_MIN = 1_024
const ROW_BYTES = 16
const COLUMN_BYTES = 21
const NONE = -1

/** Fields of a partition, side by side: ends of its rows, their number, and how many of the first are folded. */
const HEAD = 0
const TAIL = 1
const COUNT = 2
const FOLDED = 3
const FIELDS = 4

// Scratch of one call.
const NUMBERS = new Int32Array(ROWS_PER_BATCH_MAX)
const FRAME_COUNTS = new Float64Array(ROWS_PER_BATCH_MAX)

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

/** The rows and partitions, shared with the loops below. Arrays of values have `width` numbers a row or partition. */
interface Frames {
  readonly width: number
  /** length of the ring less 1; a power of two less 1 */
  mask: number
  /** the row that arrived first; `size` rows from there on are held */
  first: number
  size: number
  /** partitions with rows */
  living: number
  rowtimes: Float64Array
  partitionOf: Int32Array
  next: Int32Array
  values: Float64Array
  nulls: Uint8Array
  /** of each folded row: sum and count, side by side, over itself and the folded rows behind it */
  folded: Float64Array
  partitions: Int32Array
  /** as `folded`, over the rows of a partition that came since the last fold */
  running: Float64Array
  /** rows of the partition that is being folded */
  chain: Int32Array
}

export class RangeTotals implements SlidingWindow {
  readonly #precedingMs: number
  readonly #keyTypes: readonly SqlType[]
  readonly #functions: readonly (WindowFunction & { readonly column: number })[]
  /** arguments of the node, by column here */
  readonly #arguments: readonly number[]
  readonly #frames: Frames
  #keys: KeyNumbers
  /** sums and counts of each row of a batch */
  readonly #sumsOut: Float64Array
  readonly #countsOut: Float64Array

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
    this.#sumsOut = new Float64Array(ROWS_PER_BATCH_MAX * width)
    this.#countsOut = new Float64Array(ROWS_PER_BATCH_MAX * width)
    this.#frames = {
      ...emptyRing(2_048, width),
      ...emptyPartitions(64, width),
      width,
      living: 0,
      chain: new Int32Array(64),
    }
  }

  get keys(): number {
    return this.#frames.living
  }

  get bytes(): number {
    const { size, width } = this.#frames
    return size * (ROW_BYTES + COLUMN_BYTES * width) + this.#keys.size * (16 + 16 * width) + this.#keys.bytes
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
    this.#reserve(length)
    const columns = this.#arguments.map(argument => numbersOf(args[argument]!))
    const { width } = frames
    // The values of the batch go to their places in the ring first, column by column.
    columns.forEach((column, c) => placeValues(frames, column.values, column.nulls, rows, length, c))
    slide(frames, batch.rowtimes, rows, length, this.#precedingMs, this.#sumsOut, this.#countsOut, FRAME_COUNTS)
    for (const { index, name, column, type } of this.#functions) {
      if (name === 'COUNT') {
        const from = column === NONE ? FRAME_COUNTS : this.#countsOut
        takeColumn(
          index,
          countColumn(from, Math.max(0, column), column === NONE ? 1 : width, rows, length, batch.length),
        )
        continue
      }
      const result = numberVector(batch.length)
      const average = name === 'AVG'
      const unfit = sumColumn(this.#sumsOut, this.#countsOut, column, width, average, rows, length, result)
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
    expire(this.#frames, bound - this.#precedingMs)
  }

  *write(writer: StateWriter): Generator<void> {
    const frames = this.#frames
    const { partitions, mask, first, size, width } = frames
    const ordinals = new Map<number, number>()
    writer.count(frames.living)
    for (let partition = 0; partition < this.#keys.size; partition++) {
      if (partitions[partition * FIELDS + COUNT] === 0) continue
      ordinals.set(partition, ordinals.size)
      for (const value of this.#keys.valuesOf(partition)) writer.value(value)
      writer.count(partitions[partition * FIELDS + FOLDED]!)
      if (writer.sliceFull) yield
    }
    writer.count(size)
    for (let i = 0; i < size; i++) {
      const slot = (first + i) & mask
      writer.count(ordinals.get(frames.partitionOf[slot]!)!)
      writer.number(frames.rowtimes[slot]!)
      for (let c = 0; c < width; c++)
        writer.value(frames.nulls[slot * width + c] === 1 ? null : frames.values[slot * width + c]!)
      if (writer.sliceFull) yield
    }
  }

  read(reader: StateReader): void {
    const frames = this.#frames
    const { width } = frames
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
      this.#reserve(1)
      const slot = (frames.first + frames.size) & frames.mask
      const rowtime = reader.number()
      for (let c = 0; c < width; c++) {
        const value = reader.value()
        frames.values[slot * width + c] = Number(value ?? 0)
        frames.nulls[slot * width + c] = value === null ? 1 : 0
      }
      append(frames, number, rowtime)
      // What was folded then is folded now, so that sums are added in the same order.
      if (frames.partitions[number * FIELDS + COUNT] === folded[number]) fold(frames, number)
    }
  }

  /** Room for `more` rows and for every partition that is known. */
  #reserve(more: number): void {
    const frames = this.#frames
    if (frames.size + more > frames.mask + 1) Object.assign(frames, largerRing(frames, frames.size + more))
    const known = this.#keys.size
    if (known * FIELDS <= frames.partitions.length) return
    frames.partitions = grownInts(frames.partitions, known * FIELDS)
    frames.running = grown(frames.running, (frames.partitions.length / FIELDS) * frames.width * 2)
  }

  /** Numbers the keys that have rows anew. Each row pays a constant share of this, because as many keys have gone as remain. */
  #forgetDead(): void {
    const frames = this.#frames
    const old = this.#keys
    const { partitions, running, width } = frames
    this.#keys = new KeyNumbers(this.#keyTypes)
    const numbers = new Int32Array(old.size)
    Object.assign(frames, emptyPartitions(Math.max(64, frames.living * 2), width))
    for (let number = 0; number < old.size; number++) {
      if (partitions[number * FIELDS + COUNT] === 0) continue
      const own = this.#keys.numberOf(old.valuesOf(number))
      numbers[number] = own
      for (let field = 0; field < FIELDS; field++)
        frames.partitions[own * FIELDS + field] = partitions[number * FIELDS + field]!
      for (let c = 0; c < width * 2; c++) frames.running[own * width * 2 + c] = running[number * width * 2 + c]!
    }
    for (let i = 0; i < frames.size; i++) {
      const slot = (frames.first + i) & frames.mask
      frames.partitionOf[slot] = numbers[frames.partitionOf[slot]!]!
    }
  }
}

function numbersOf(column: ColumnVector): NumberColumn {
  assert(column.layout === 'number', 'a number argument fills a number column')
  return column
}

function countColumn(
  counts: Float64Array,
  column: number,
  width: number,
  rows: Int32Array,
  length: number,
  batchLength: number,
): ColumnVector {
  const vector = bigintVector(batchLength)
  if (width === 1 && length === batchLength) {
    writeCounts(counts, 0, length, new Int32Array(vector.values.buffer), vector.nulls, 0)
    return vector
  }
  const halves = new Int32Array(vector.values.buffer)
  // A frame never holds 2^31 rows.
  for (let i = 0; i < length; i++) halves[rows[i]! * 2] = counts[i * width + column]!
  return vector
}

function emptyRing(capacity: number, width: number) {
  return {
    mask: capacity - 1,
    first: 0,
    size: 0,
    rowtimes: new Float64Array(capacity),
    partitionOf: new Int32Array(capacity),
    next: new Int32Array(capacity),
    values: new Float64Array(capacity * width),
    nulls: new Uint8Array(capacity * width),
    folded: new Float64Array(capacity * width * 2),
  }
}

function emptyPartitions(count: number, width: number) {
  return {
    partitions: new Int32Array(count * FIELDS),
    running: new Float64Array(count * width * 2),
  }
}

/** A ring of twice the size or more with the same rows from its beginning on; partitions are changed to the new places. */
function largerRing(from: Frames, atLeast: number) {
  const { width, mask, first, size, partitions } = from
  let capacity = (mask + 1) * 2
  while (capacity < atLeast) capacity *= 2
  const to = { ...emptyRing(capacity, width), size }
  for (let i = 0; i < size; i++) {
    const slot = (first + i) & mask
    to.rowtimes[i] = from.rowtimes[slot]!
    to.partitionOf[i] = from.partitionOf[slot]!
    to.next[i] = from.next[slot] === NONE ? NONE : (from.next[slot]! - first) & mask
    for (let c = 0; c < width; c++) {
      to.values[i * width + c] = from.values[slot * width + c]!
      to.nulls[i * width + c] = from.nulls[slot * width + c]!
    }
    for (let c = 0; c < width * 2; c++) to.folded[i * width * 2 + c] = from.folded[slot * width * 2 + c]!
  }
  for (let at = 0; at < partitions.length; at += FIELDS) {
    partitions[at + HEAD] = (partitions[at + HEAD]! - first) & mask
    partitions[at + TAIL] = (partitions[at + TAIL]! - first) & mask
  }
  return to
}

function placeValues(
  frames: Frames,
  values: Float64Array,
  nulls: Uint8Array,
  rows: Int32Array,
  length: number,
  c: number,
): void {
  const { mask, width, values: heldValues, nulls: heldNulls } = frames
  const start = frames.first + frames.size
  for (let i = 0; i < length; i++) {
    const row = rows[i]!
    const at = ((start + i) & mask) * width + c
    heldValues[at] = values[row]!
    heldNulls[at] = nulls[row]!
  }
}

/**
 * Rows come one by one, each after those that it pushes out of their frames; results by place in the batch. What `append` and
 * `expire` do stands here once more, so that the loop keeps everything at hand.
 */
function slide(
  frames: Frames,
  rowtimes: Float64Array,
  rows: Int32Array,
  length: number,
  precedingMs: number,
  sumsOut: Float64Array,
  countsOut: Float64Array,
  frameCounts: Float64Array,
): void {
  const { mask, width, partitions, folded, running, partitionOf, next, values, nulls } = frames
  const held = frames.rowtimes
  let { first, size, living } = frames
  for (let i = 0; i < length; i++) {
    const rowtime = rowtimes[rows[i]!]!
    const from = rowtime - precedingMs
    while (size > 0 && held[first]! < from) {
      const gone = partitionOf[first]!
      const at = gone * FIELDS
      if (partitions[at + FOLDED] === 0) fold(frames, gone)
      partitions[at + HEAD] = next[first]!
      partitions[at + FOLDED]!--
      if (--partitions[at + COUNT]! === 0) living--
      first = (first + 1) & mask
      size--
    }
    const partition = NUMBERS[i]!
    const slot = (first + size++) & mask
    held[slot] = rowtime
    partitionOf[slot] = partition
    next[slot] = NONE
    const at = partition * FIELDS
    const count = partitions[at + COUNT]! + 1
    partitions[at + COUNT] = count
    if (count === 1) {
      partitions[at + HEAD] = slot
      living++
    } else next[partitions[at + TAIL]!] = slot
    partitions[at + TAIL] = slot
    frameCounts[i] = count
    const head = partitions[at + FOLDED]! > 0 ? partitions[at + HEAD]! * width : NONE
    for (let c = 0; c < width; c++) {
      const place = (partition * width + c) * 2
      let sum = running[place]!
      let counted = running[place + 1]!
      if (nulls[slot * width + c] === 0) {
        running[place] = sum += values[slot * width + c]!
        running[place + 1] = ++counted
      }
      if (head !== NONE) {
        sum += folded[(head + c) * 2]!
        counted += folded[(head + c) * 2 + 1]!
      }
      sumsOut[i * width + c] = sum
      countsOut[i * width + c] = counted
    }
  }
  frames.first = first
  frames.size = size
  frames.living = living
}

/** Puts a row, whose values lie in its place already, at the end of its partition. */
function append(frames: Frames, partition: number, rowtime: number): void {
  const { mask, width, partitions, values, nulls, running, next } = frames
  const slot = (frames.first + frames.size++) & mask
  frames.rowtimes[slot] = rowtime
  frames.partitionOf[slot] = partition
  next[slot] = NONE
  const at = partition * FIELDS
  if (partitions[at + COUNT]!++ === 0) {
    partitions[at + HEAD] = slot
    frames.living++
  } else next[partitions[at + TAIL]!] = slot
  partitions[at + TAIL] = slot
  for (let c = 0; c < width; c++) {
    if (nulls[slot * width + c] === 1) continue
    running[(partition * width + c) * 2]! += values[slot * width + c]!
    running[(partition * width + c) * 2 + 1]!++
  }
}

/** Lets the rows go whose rowtime is below `from`. */
function expire(frames: Frames, from: number): void {
  const { mask, partitions, rowtimes, partitionOf, next } = frames
  while (frames.size > 0 && rowtimes[frames.first]! < from) {
    const slot = frames.first
    // The oldest row of all is the first of its partition.
    const partition = partitionOf[slot]!
    const at = partition * FIELDS
    if (partitions[at + FOLDED] === 0) fold(frames, partition)
    partitions[at + HEAD] = next[slot]!
    partitions[at + FOLDED]!--
    if (--partitions[at + COUNT]! === 0) frames.living--
    frames.first = (slot + 1) & mask
    frames.size--
  }
}

function fold(frames: Frames, partition: number): void {
  const { width, partitions, next, values, nulls, folded, running } = frames
  const at = partition * FIELDS
  const length = partitions[at + COUNT]!
  if (length > frames.chain.length) frames.chain = new Int32Array(length * 2)
  const { chain } = frames
  let slot = partitions[at + HEAD]!
  for (let i = 0; i < length; i++) {
    chain[i] = slot
    slot = next[slot]!
  }
  for (let c = 0; c < width; c++) {
    let sum = 0
    let count = 0
    for (let i = length - 1; i >= 0; i--) {
      const place = chain[i]! * width + c
      if (nulls[place] === 0) {
        sum += values[place]!
        count++
      }
      folded[place * 2] = sum
      folded[place * 2 + 1] = count
    }
    running[(partition * width + c) * 2] = 0
    running[(partition * width + c) * 2 + 1] = 0
  }
  partitions[at + FOLDED] = length
}

/** Sums or means of one column by row, NULL where nothing counted. True: one is no finite number. */
function sumColumn(
  sums: Float64Array,
  counts: Float64Array,
  column: number,
  width: number,
  average: boolean,
  rows: Int32Array,
  length: number,
  into: NumberColumn,
): boolean {
  const { values, nulls } = into
  let unfit = false
  for (let i = 0; i < length; i++) {
    const row = rows[i]!
    const count = counts[i * width + column]!
    if (count === 0) {
      nulls[row] = 1
      continue
    }
    const sum = sums[i * width + column]!
    const value = average ? sum / count : sum
    values[row] = value
    // Infinity less itself is not 0, and neither is a NaN.
    if (value - value !== 0) unfit = true
  }
  return unfit
}
