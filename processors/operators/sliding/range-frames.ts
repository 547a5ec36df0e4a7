/**
 * The rows of RANGE frames and the totals of their partitions, in two arrays of records. Rows lie in a ring in the order of arrival
 * and point back to the row of their partition before them. Sums slide by two stacks, as folded.ts has it, so that nothing is ever
 * subtracted; each folded row holds what remains when it has left, so that a row that leaves tells its partition all of it.
 *
 *     row        [ rowtime | partition, before | value, sum behind, (1 or 0, count behind) | ... a column ]
 *     partition  [ last, count | folded, - | running sum, sum of the folded, (count, count) | ... a column ]
 *
 * Records rather than an array for each field, as rows of many partitions meet one after the other and what costs is to fetch the
 * memory: here a row that comes needs its partition, one that leaves its partition, and nothing else.
 */
import { grown } from '../accumulators/slots.ts'

/** Numbers of a record before its columns, and of each column. Two integers share the place of one number. */
const HEADER = 2
const PER_COLUMN = 3

/** Of a row: a number, then integers. */
const ROWTIME = 0
const PARTITION = 2
const BEFORE = 3
/** Of a partition, integers: the row that came last, how many there are, and how many of the first are folded. */
const LAST = 0
const COUNT = 1
const FOLDED = 2
/** Of a column, numbers: that of the row or of the rows since the last fold; that of the folded rows behind, or of all folded. */
const OWN = 0
const FOLD = 1
/** Of a column, integers: how many values are in each of the two; NULL is none. */
const OWN_COUNT = 4
const FOLD_COUNT = 5

const RING_ROWS_MIN = 2_048
const PARTITIONS_MIN = 64

// Scratch of one call for one row.
const ONE_VALUE = new Float64Array(1)
const ONE_NULL = new Uint8Array(1)
const ONE_PARTITION = new Int32Array(1)
const ONE_ROWTIME = new Float64Array(1)
const FIRST = new Int32Array(1)

export interface RangeFrames {
  /** columns of values */
  readonly width: number
  /** numbers of a record */
  readonly stride: number
  /** rows that the ring has room for, less 1; a power of two less 1 */
  mask: number
  /** number of the row that arrived first, modulo 2^32; `size` rows from there on are held, each in place number & mask */
  first: number
  size: number
  /** partitions with rows */
  living: number
  /** records of the rows, and the same memory as integers */
  rows: Float64Array<ArrayBuffer>
  rowInts: Int32Array
  partitions: Float64Array<ArrayBuffer>
  partitionInts: Int32Array
}

/** Frames without a row, for `width` columns of values. */
export function emptyFrames(width: number): RangeFrames {
  const stride = HEADER + PER_COLUMN * width
  const rows = new Float64Array(RING_ROWS_MIN * stride)
  const partitions = new Float64Array(PARTITIONS_MIN * stride)
  return {
    width,
    stride,
    mask: RING_ROWS_MIN - 1,
    // Shortly before numbers wrap, so that whatever runs sees them do so.
    first: 0x7fff_fe00,
    size: 0,
    living: 0,
    rows,
    rowInts: new Int32Array(rows.buffer),
    partitions,
    partitionInts: new Int32Array(partitions.buffer),
  }
}

export function rowsOfPartition({ partitionInts, stride }: RangeFrames, partition: number): number {
  return partitionInts[partition * stride * 2 + COUNT]!
}

export function foldedOfPartition({ partitionInts, stride }: RangeFrames, partition: number): number {
  return partitionInts[partition * stride * 2 + FOLDED]!
}

/** Of the row that arrived as number `index` of those that are held. */
export function rowtimeOf({ rows, first, mask, stride }: RangeFrames, index: number): number {
  return rows[((first + index) & mask) * stride + ROWTIME]!
}

export function partitionOf({ rowInts, first, mask, stride }: RangeFrames, index: number): number {
  return rowInts[((first + index) & mask) * stride * 2 + PARTITION]!
}

/** Its value in a column; null for NULL. */
export function valueOf({ rows, rowInts, first, mask, stride }: RangeFrames, index: number, c: number): number | null {
  const at = ((first + index) & mask) * stride + HEADER + c * PER_COLUMN
  return rowInts[at * 2 + OWN_COUNT] === 0 ? null : rows[at + OWN]!
}

/** Makes room for `more` rows, and for partitions with numbers below `partitions`. */
export function reserveFrames(frames: RangeFrames, more: number, partitions: number): void {
  if (frames.size + more > frames.mask + 1) enlargeRing(frames, frames.size + more)
  if (partitions * frames.stride <= frames.partitions.length) return
  frames.partitions = grown(frames.partitions, partitions * frames.stride)
  frames.partitionInts = new Int32Array(frames.partitions.buffer)
}

/** A ring of twice the size or more with the same rows. They keep their numbers. */
function enlargeRing(frames: RangeFrames, atLeast: number): void {
  const { stride, mask: from, first, size, rows: old } = frames
  let capacity = (from + 1) * 2
  while (capacity < atLeast) capacity *= 2
  const to = capacity - 1
  const rows = new Float64Array(capacity * stride)
  for (let done = 0; done < size; ) {
    const source = (first + done) & from
    const target = (first + done) & to
    const run = Math.min(size - done, from + 1 - source, capacity - target)
    rows.set(old.subarray(source * stride, (source + run) * stride), target * stride)
    done += run
  }
  frames.mask = to
  frames.rows = rows
  frames.rowInts = new Int32Array(rows.buffer)
}

/**
 * Numbers the partitions anew.
 * @param numbers new numbers of those that have rows, by their old ones; the new ones are below `size`
 */
export function renumberPartitions(frames: RangeFrames, numbers: Int32Array, size: number): void {
  const { stride, partitions: old, rowInts, first, mask } = frames
  const partitions = new Float64Array(Math.max(PARTITIONS_MIN, size * 2) * stride)
  for (let number = 0; number < numbers.length; number++) {
    if (rowsOfPartition(frames, number) === 0) continue
    partitions.set(old.subarray(number * stride, (number + 1) * stride), numbers[number]! * stride)
  }
  frames.partitions = partitions
  frames.partitionInts = new Int32Array(partitions.buffer)
  for (let i = 0; i < frames.size; i++) {
    const at = ((first + i) & mask) * stride * 2 + PARTITION
    rowInts[at] = numbers[rowInts[at]!]!
  }
}

/** Puts the values of a column to the places of the rows that come next. */
export function placeValues(
  frames: RangeFrames,
  c: number,
  values: Float64Array,
  nulls: Uint8Array,
  selected: Int32Array,
  length: number,
): void {
  const { mask, stride, rows, rowInts } = frames
  const start = frames.first + frames.size
  for (let i = 0; i < length; i++) {
    const row = selected[i]!
    const at = ((start + i) & mask) * stride + HEADER + c * PER_COLUMN
    const counts = 1 - nulls[row]!
    // A NULL adds 0 to a sum, which changes none: none of them is -0.
    rows[at + OWN] = counts === 0 ? 0 : values[row]!
    rowInts[at * 2 + OWN_COUNT] = counts
  }
}

/** Puts a value of a column to the place of the row that comes next. */
export function placeValue(frames: RangeFrames, c: number, value: number | null): void {
  ONE_VALUE[0] = value ?? 0
  ONE_NULL[0] = value === null ? 1 : 0
  placeValues(frames, c, ONE_VALUE, ONE_NULL, FIRST, 1)
}

/** What `slideFrames` says of each row, by its place among the rows of a call. */
export interface FrameResults {
  /** rows of the frame */
  readonly rows: Float64Array
  /** sums and counts of values, `width` for each row */
  readonly sums: Float64Array
  readonly counts: Float64Array
}

/**
 * Rows come one by one, each after those that it pushes out of their frames. Their values lie in their places already. State that
 * changes stands in locals, so that the loop keeps it at hand.
 * @param numbers of their partitions
 */
export function slideFrames(
  frames: RangeFrames,
  numbers: Int32Array,
  rowtimes: Float64Array,
  selected: Int32Array,
  length: number,
  precedingMs: number,
  results: FrameResults,
): void {
  const { mask, width, stride, rows, rowInts, partitions, partitionInts } = frames
  const { rows: frameRows, sums, counts } = results
  if (length > 1) fetchFrames(frames, numbers, length, rowtimes[selected[length - 1]!]! - precedingMs)
  let { first, size, living } = frames
  for (let i = 0; i < length; i++) {
    const rowtime = rowtimes[selected[i]!]!
    const from = rowtime - precedingMs
    while (size > 0) {
      const gone = (first & mask) * stride
      if (!(rows[gone + ROWTIME]! < from)) break
      living -= leave(frames, gone)
      first = (first + 1) | 0
      size--
    }
    const number = (first + size++) | 0
    const at = (number & mask) * stride
    rows[at + ROWTIME] = rowtime
    const partition = numbers[i]! * stride
    const fields = partition * 2
    const count = partitionInts[fields + COUNT]! + 1
    rowInts[at * 2 + PARTITION] = numbers[i]!
    rowInts[at * 2 + BEFORE] = partitionInts[fields + LAST]!
    partitionInts[fields + LAST] = number
    partitionInts[fields + COUNT] = count
    if (count === 1) living++
    frameRows[i] = count
    for (let c = 0; c < width; c++) {
      const own = at + HEADER + c * PER_COLUMN
      const total = partition + HEADER + c * PER_COLUMN
      const sum = partitions[total + OWN]! + rows[own + OWN]!
      const counted = partitionInts[total * 2 + OWN_COUNT]! + rowInts[own * 2 + OWN_COUNT]!
      partitions[total + OWN] = sum
      partitionInts[total * 2 + OWN_COUNT] = counted
      sums[i * width + c] = sum + partitions[total + FOLD]!
      counts[i * width + c] = counted + partitionInts[total * 2 + FOLD_COUNT]!
    }
  }
  frames.first = first
  frames.size = size
  frames.living = living
}

// Rows whose records are to be fetched next, with the rows before them in their partitions; and what keeps the reads below alive.
const CHAIN_MAX = 4_096
/** Steps back over all of them: many may be of one partition, and what lies further back would not stay in the cache. */
const CHAIN_STEPS_MAX = 65_536
const CHAIN = new Int32Array(CHAIN_MAX)
const CHAIN_LEFT = new Int32Array(CHAIN_MAX)
const SEEN = new Int32Array(1)

/**
 * Reads one number of every record that a batch will need, so that the memory fetches many of them at once: the loop after it would
 * wait for one after the other, as what it does with a record decides which one is next. State does not change.
 */
function fetchFrames(frames: RangeFrames, numbers: Int32Array, length: number, until: number): void {
  const { mask, stride, first, size, rows, rowInts, partitionInts } = frames
  const ends = stride * 2 - 1
  let seen = 0
  for (let i = 0; i < length; i++) {
    const fields = numbers[i]! * stride * 2
    seen += partitionInts[fields]! + partitionInts[fields + ends]!
  }
  let chains = 0
  for (let i = 0; i < size && chains < CHAIN_MAX; i++) {
    const at = ((first + i) & mask) * stride
    if (!(rows[at + ROWTIME]! < until)) break
    CHAIN[chains++] = rowInts[at * 2 + PARTITION]! * stride * 2
  }
  // The partitions of rows that will leave, and of those that are to be folded then, the rows from the last one on.
  let kept = 0
  for (let k = 0; k < chains; k++) {
    const fields = CHAIN[k]!
    seen += partitionInts[fields + ends]!
    CHAIN[kept] = partitionInts[fields + LAST]!
    CHAIN_LEFT[kept] = partitionInts[fields + COUNT]!
    kept += partitionInts[fields + FOLDED] === 0 ? 1 : 0
  }
  for (let steps = 0; kept > 0 && steps < CHAIN_STEPS_MAX; steps += chains) {
    chains = kept
    kept = 0
    for (let k = 0; k < chains; k++) {
      const at = (CHAIN[k]! & mask) * stride * 2
      CHAIN[kept] = rowInts[at + BEFORE]!
      const left = CHAIN_LEFT[k]! - 1
      CHAIN_LEFT[kept] = left
      kept += left > 0 ? 1 : 0
    }
  }
  SEEN[0] = seen
}

/** Lets the rows go whose rowtime is below `from`. */
export function expireFrames(frames: RangeFrames, from: number): void {
  while (frames.size > 0) {
    const gone = (frames.first & frames.mask) * frames.stride
    if (!(frames.rows[gone + ROWTIME]! < from)) return
    frames.living -= leave(frames, gone)
    frames.first = (frames.first + 1) | 0
    frames.size--
  }
}

/** Puts a row, whose values lie in its place already, at the end of its partition. No row goes. */
export function enterFrame(frames: RangeFrames, partition: number, rowtime: number, results: FrameResults): void {
  ONE_PARTITION[0] = partition
  ONE_ROWTIME[0] = rowtime
  slideFrames(frames, ONE_PARTITION, ONE_ROWTIME, FIRST, 1, Infinity, results)
}

/** Folds all rows of a partition. */
export function foldFrame(frames: RangeFrames, partition: number): void {
  fold(frames, partition * frames.stride)
}

/** Takes the oldest row of all, which is the first of its partition, out of it; its record is at `gone`. Returns 1 if none is left. */
function leave(frames: RangeFrames, gone: number): number {
  const { width, stride, rows, rowInts, partitions, partitionInts } = frames
  const partition = rowInts[gone * 2 + PARTITION]! * stride
  const fields = partition * 2
  if (partitionInts[fields + FOLDED] === 0) fold(frames, partition)
  const left = partitionInts[fields + COUNT]! - 1
  partitionInts[fields + COUNT] = left
  partitionInts[fields + FOLDED]!--
  for (let c = 0; c < width; c++) {
    const own = gone + HEADER + c * PER_COLUMN
    const total = partition + HEADER + c * PER_COLUMN
    partitions[total + FOLD] = rows[own + FOLD]!
    partitionInts[total * 2 + FOLD_COUNT] = rowInts[own * 2 + FOLD_COUNT]!
  }
  return left === 0 ? 1 : 0
}

/** As `foldFrame`, by the place of the partition's record. From the last row to the first, so that each learns what is behind it. */
function fold(frames: RangeFrames, partition: number): void {
  const { mask, width, stride, rows, rowInts, partitions, partitionInts } = frames
  const fields = partition * 2
  const length = partitionInts[fields + COUNT]!
  for (let c = 0; c < width; c++) {
    const total = partition + HEADER + c * PER_COLUMN
    partitions[total + FOLD] = 0
    partitionInts[total * 2 + FOLD_COUNT] = 0
    partitions[total + OWN] = 0
    partitionInts[total * 2 + OWN_COUNT] = 0
  }
  let number = partitionInts[fields + LAST]!
  for (let i = 0; i < length; i++) {
    const at = (number & mask) * stride
    for (let c = 0; c < width; c++) {
      const own = at + HEADER + c * PER_COLUMN
      const total = partition + HEADER + c * PER_COLUMN
      const sum = partitions[total + FOLD]!
      const count = partitionInts[total * 2 + FOLD_COUNT]!
      rows[own + FOLD] = sum
      rowInts[own * 2 + FOLD_COUNT] = count
      partitions[total + FOLD] = sum + rows[own + OWN]!
      partitionInts[total * 2 + FOLD_COUNT] = count + rowInts[own * 2 + OWN_COUNT]!
    }
    number = rowInts[at * 2 + BEFORE]!
  }
  partitionInts[fields + FOLDED] = length
}
