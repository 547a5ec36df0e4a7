/**
 * Sessions: of each partition, rows of which each is less than the gap after the one before. Rows may come out of order, so a row
 * can join two sessions into one. The windows of one partition never overlap: a session ends a gap after its last row, and a row
 * exactly there begins another.
 *
 * A session is a slot of parallel arrays and of the accumulators. Slots are given out once, in the order in which sessions begin;
 * when nearly all are of sessions that are gone, the living ones move to new arrays, in the same order.
 */
import { type ColumnVector, ROWS_PER_BATCH_MAX } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { grown, grownInts } from '../accumulators/slots.ts'
import type { Accumulator } from '../accumulators.ts'
import type { Groups } from '../group-results.ts'
import { KeyNumbers } from '../key-numbers.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { SessionQueue } from './session-queue.ts'
import type { LeavingWindow, WindowState } from './window-state.ts'

/** A session and its place in lists and queues, by estimate. */
const SESSION_BYTES = 96
/** Slots of sessions that are gone, before their number matters. */
const GONE_SLOTS_MIN = 1_024
const NONE = -1
/** `partitionOf` of a session that is gone. */
const GONE = -1

// Scratch of one call.
const PARTITIONS = new Int32Array(ROWS_PER_BATCH_MAX)
const SLOTS = new Int32Array(ROWS_PER_BATCH_MAX)

export class SessionState implements WindowState {
  readonly #gapMs: number
  readonly #keyTypes: readonly SqlType[]
  readonly #newAccumulators: () => readonly Accumulator[]
  #keys: KeyNumbers
  #accumulators: readonly Accumulator[]
  /** by partition: its session that starts first */
  #head = new Int32Array(64).fill(NONE)
  /** by slot: the next session of its partition by start */
  #next = new Int32Array(64)
  /** by slot, side by side, since a row looks at both: event times of the first and the last row */
  #times = new Float64Array(128)
  #partitionOf = new Int32Array(64)
  #queue = new SessionQueue()
  #slots = 0
  #living = 0
  /** the session that leaves */
  #leaving = 0
  readonly #leavingGroups: Groups = {
    size: 1,
    keysOf: () => this.#keys.valuesOf(this.#partitionOfLeaving),
    resultsOf: () => this.#accumulators.map(accumulator => accumulator.result(this.#leaving)),
    writeKey: (key, _from, _to, into, at) =>
      this.#keys.results(key, this.#partitionOfLeaving, this.#partitionOfLeaving + 1, into, at),
    writeResults: (aggregate, _from, _to, into, at) =>
      this.#accumulators[aggregate]!.results(this.#leaving, this.#leaving + 1, into, at),
  }
  #partitionOfLeaving = 0

  constructor(gapMs: number, keyTypes: readonly SqlType[], newAccumulators: () => readonly Accumulator[]) {
    this.#gapMs = gapMs
    this.#keyTypes = keyTypes
    this.#newAccumulators = newAccumulators
    this.#keys = new KeyNumbers(keyTypes)
    this.#accumulators = newAccumulators()
  }

  get groups(): number {
    return this.#living
  }

  get windows(): number {
    return this.#living
  }

  get bytes(): number {
    let bytes = this.#living * SESSION_BYTES + this.#slots * 24 * (1 + this.#accumulators.length) + this.#keys.bytes
    for (const accumulator of this.#accumulators) bytes += accumulator.ownedBytes
    return bytes
  }

  get nextEndAtLeast(): number {
    return this.#queue.firstEnd
  }

  get nextEnd(): number {
    const queue = this.#queue
    for (;;) {
      const session = queue.first
      if (session === NONE) return Infinity
      const isGone = this.#partitionOf[session] === GONE
      const end = this.#times[session * 2 + 1]! + this.#gapMs
      if (!isGone && end === queue.firstEnd) return end
      queue.shift()
      if (!isGone) queue.push(session, end)
    }
  }

  add(
    times: Float64Array,
    keys: readonly ColumnVector[],
    args: readonly (ColumnVector | null)[],
    rows: Int32Array,
    length: number,
  ): void {
    this.#keys.read(keys, rows, 0, length, PARTITIONS)
    this.#reservePartitions()
    let from = 0
    const flush = (to: number): void => {
      for (let k = 0; k < this.#accumulators.length; k++) {
        const accumulator = this.#accumulators[k]!
        accumulator.reserve(this.#slots)
        accumulator.add(SLOTS, args[k] ?? null, rows, from, to)
      }
      from = to
    }
    for (let i = 0; i < length; i++) {
      i = extend(times, rows, i, length, from, this.#gapMs, this.#head, this.#next, this.#times)
      if (i === length) break
      const slot = this.#sessionOf(times[rows[i]!]!, PARTITIONS[i]!, () => flush(i))
      SLOTS[i - from] = slot
    }
    flush(length)
  }

  take(): LeavingWindow {
    const end = this.nextEnd
    const session = this.#queue.first
    this.#queue.shift()
    this.#leaving = session
    this.#partitionOfLeaving = this.#partitionOf[session]!
    this.#remove(session)
    return { start: this.#times[session * 2]!, end, groups: this.#leavingGroups }
  }

  release(): void {
    const gone = this.#slots - this.#living
    if (gone > GONE_SLOTS_MIN && gone > this.#living * 3) this.#compact()
  }

  *write(writer: StateWriter): Generator<void> {
    writer.count(this.#living)
    for (let session = 0; session < this.#slots; session++) {
      if (this.#partitionOf[session] === GONE) continue
      for (const key of this.#keys.valuesOf(this.#partitionOf[session]!)) writer.value(key)
      writer.number(this.#times[session * 2]!)
      writer.number(this.#times[session * 2 + 1]!)
      for (const accumulator of this.#accumulators) accumulator.write(writer, session)
      if (writer.sliceFull) yield
    }
  }

  read(reader: StateReader): void {
    for (let left = reader.count(); left > 0; left--) {
      const partition = this.#keys.numberOf(this.#keyTypes.map(() => reader.value()))
      this.#reservePartitions()
      const start = reader.number()
      const session = this.#begin(partition, start, reader.number())
      for (const accumulator of this.#accumulators) {
        accumulator.reserve(this.#slots)
        accumulator.read(reader, session)
      }
    }
  }

  /** @param flush brings the accumulators up to the row before */
  #sessionOf(time: number, partition: number, flush: () => void): number {
    const gap = this.#gapMs
    let found = NONE
    // At most two sessions are near a row: those on both sides of it.
    for (let session = this.#head[partition]!; session !== NONE; session = this.#next[session]!) {
      if (time - this.#times[session * 2 + 1]! >= gap || this.#times[session * 2]! - time >= gap) continue
      if (found !== NONE) {
        flush()
        return this.#join(found, session)
      }
      found = session
      this.#times[session * 2] = Math.min(this.#times[session * 2]!, time)
      this.#times[session * 2 + 1] = Math.max(this.#times[session * 2 + 1]!, time)
    }
    return found === NONE ? this.#begin(partition, time, time) : found
  }

  /** The older of two sessions, with the rows of both. */
  #join(a: number, b: number): number {
    const [kept, gone] = a < b ? [a, b] : [b, a]
    for (const accumulator of this.#accumulators) accumulator.merge(kept, accumulator, gone)
    this.#times[kept * 2] = Math.min(this.#times[a * 2]!, this.#times[b * 2]!)
    this.#times[kept * 2 + 1] = Math.max(this.#times[a * 2 + 1]!, this.#times[b * 2 + 1]!)
    this.#remove(gone)
    return kept
  }

  #begin(partition: number, start: number, last: number): number {
    const session = this.#slots++
    if (session >= this.#next.length) {
      this.#next = grownInts(this.#next, session + 1)
      this.#partitionOf = grownInts(this.#partitionOf, session + 1)
      this.#times = grown(this.#times, session * 2 + 2)
    }
    this.#times[session * 2] = start
    this.#times[session * 2 + 1] = last
    this.#partitionOf[session] = partition
    this.#living++
    let before = NONE
    let after = this.#head[partition]!
    while (after !== NONE && this.#times[after * 2]! <= start) {
      before = after
      after = this.#next[after]!
    }
    this.#next[session] = after
    if (before === NONE) this.#head[partition] = session
    else this.#next[before] = session
    this.#queue.push(session, last + this.#gapMs)
    return session
  }

  /** Takes a session out of its partition; its slot stays until the arrays are made anew. */
  #remove(session: number): void {
    const partition = this.#partitionOf[session]!
    if (this.#head[partition] === session) this.#head[partition] = this.#next[session]!
    else {
      let before = this.#head[partition]!
      while (this.#next[before] !== session) before = this.#next[before]!
      this.#next[before] = this.#next[session]!
    }
    this.#partitionOf[session] = GONE
    this.#living--
  }

  #reservePartitions(): void {
    if (this.#keys.size > this.#head.length) this.#head = grownInts(this.#head, this.#keys.size, NONE)
  }

  /** Keeps what lives and forgets the keys and slots of what is gone. */
  #compact(): void {
    const [keys, accumulators, slots] = [this.#keys, this.#accumulators, this.#slots]
    const [partitionOf, times] = [this.#partitionOf, this.#times.slice()]
    this.#keys = new KeyNumbers(this.#keyTypes)
    this.#accumulators = this.#newAccumulators()
    this.#partitionOf = new Int32Array(partitionOf.length)
    this.#head.fill(NONE)
    this.#queue = new SessionQueue()
    this.#slots = 0
    this.#living = 0
    for (let old = 0; old < slots; old++) {
      if (partitionOf[old] === GONE) continue
      const partition = this.#keys.numberOf(keys.valuesOf(partitionOf[old]!))
      this.#reservePartitions()
      const session = this.#begin(partition, times[old * 2]!, times[old * 2 + 1]!)
      this.#accumulators.forEach((accumulator, index) => {
        accumulator.reserve(this.#slots)
        accumulator.merge(session, accumulators[index]!, old)
      })
    }
  }
}

/**
 * Adds rows to the only session of their partition while each has one that is near; `SLOTS` gets them, from place `i - shift` on.
 * @returns the place of the first row of which that cannot be said, or `to`
 */
function extend(
  times: Float64Array,
  rows: Int32Array,
  from: number,
  to: number,
  shift: number,
  gapMs: number,
  head: Int32Array,
  next: Int32Array,
  known: Float64Array,
): number {
  for (let i = from; i < to; i++) {
    const session = head[PARTITIONS[i]!]!
    if (session === NONE || next[session] !== NONE) return i
    const time = times[rows[i]!]!
    const start = known[session * 2]!
    const last = known[session * 2 + 1]!
    if (time - last >= gapMs || start - time >= gapMs) return i
    if (time > last) known[session * 2 + 1] = time
    else if (time < start) known[session * 2] = time
    SLOTS[i - shift] = session
  }
  return to
}
