/**
 * Sessions: of each partition, rows of which each is less than the gap after the one before. Rows may come out of order, so a row
 * can join two sessions into one. The windows of one partition never overlap: a session ends a gap after its last row, and a row
 * exactly there begins another.
 *
 * Accumulators are addressed by slots that are given out once; when most slots are of sessions that are gone, the living ones move
 * to new accumulators.
 */
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../../core/rows.ts'
import { type SqlType, storageOf } from '../../../core/sql-type.ts'
import type { Accumulator } from '../accumulators.ts'
import { KeyCodes } from '../key-codes.ts'
import { PairTable } from '../pair-table.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { type DueSession, SessionQueue } from './session-queue.ts'
import type { LeavingWindow, WindowState } from './window-state.ts'

/** A session and its place in lists and queues, by estimate. */
const SESSION_BYTES = 256
/** Slots of sessions that are gone, before their number matters. */
const GONE_SLOTS_MIN = 1_024

interface Session extends DueSession {
  readonly keys: readonly Value[]
  partition: number
  slot: number
  start: number
  /** event time of the last row */
  last: number
}

export class SessionState implements WindowState {
  readonly #gapMs: number
  readonly #keyTypes: readonly SqlType[]
  readonly #newAccumulators: () => readonly Accumulator[]
  #keys: readonly KeyCodes[]
  #pairs: readonly PairTable[]
  #accumulators: readonly Accumulator[]
  /** sessions of each partition by start */
  #open: (Session[] | undefined)[] = []
  #queue = new SessionQueue<Session>()
  #slots = 0
  #living = 0
  #sequence = 0
  readonly #codes: readonly Int32Array[]
  readonly #slotOfRow = new Int32Array(ROWS_PER_BATCH_MAX)

  constructor(gapMs: number, keyTypes: readonly SqlType[], newAccumulators: () => readonly Accumulator[]) {
    this.#gapMs = gapMs
    this.#keyTypes = keyTypes
    this.#newAccumulators = newAccumulators
    this.#keys = keyTypes.map(type => new KeyCodes(storageOf(type)))
    this.#pairs = keyTypes.slice(1).map(() => new PairTable())
    this.#codes = keyTypes.map(() => new Int32Array(ROWS_PER_BATCH_MAX))
    this.#accumulators = newAccumulators()
  }

  get groups(): number {
    return this.#living
  }

  get bytes(): number {
    let bytes = this.#living * SESSION_BYTES + this.#slots * 24 * (1 + this.#accumulators.length)
    for (const keys of this.#keys) bytes += keys.bytes
    for (const accumulator of this.#accumulators) bytes += accumulator.ownedBytes
    return bytes
  }

  get nextEnd(): number {
    return this.#queue.first?.end ?? Infinity
  }

  add(
    times: Float64Array,
    keys: readonly ColumnVector[],
    args: readonly (ColumnVector | null)[],
    rows: Int32Array,
    length: number,
  ): void {
    keys.forEach((column, index) => this.#keys[index]!.read(column, rows, 0, length, this.#codes[index]!))
    let from = 0
    const flush = (to: number): void => {
      this.#accumulators.forEach((accumulator, index) => {
        accumulator.reserve(this.#slots)
        accumulator.add(this.#slotOfRow, args[index] ?? null, rows, from, to)
      })
      from = to
    }
    for (let i = 0; i < length; i++) {
      const session = this.#sessionOf(times[rows[i]!]!, i, () => flush(i))
      this.#slotOfRow[i - from] = session.slot
    }
    flush(length)
  }

  take(): LeavingWindow {
    const session = this.#queue.shift()
    const sessions = this.#open[session.partition]!
    sessions.splice(sessions.indexOf(session), 1)
    this.#living--
    return {
      start: session.start,
      end: session.end,
      size: 1,
      keysOf: () => [...session.keys],
      resultsOf: () => this.#accumulators.map(accumulator => accumulator.result(session.slot)),
    }
  }

  release(): void {
    const gone = this.#slots - this.#living
    if (gone > GONE_SLOTS_MIN && gone > this.#living) this.#compact()
  }

  *write(writer: StateWriter): Generator<void> {
    writer.count(this.#living)
    for (const session of this.#inOrder()) {
      for (const key of session.keys) writer.value(key)
      writer.number(session.start)
      writer.number(session.last)
      for (const accumulator of this.#accumulators) accumulator.write(writer, session.slot)
      if (writer.sliceFull) yield
    }
  }

  read(reader: StateReader): void {
    for (let left = reader.count(); left > 0; left--) {
      const keys = this.#keyTypes.map(() => reader.value())
      const start = reader.number()
      const session = this.#begin(keys, this.#partitionOf(keys), start, reader.number())
      for (const accumulator of this.#accumulators) {
        accumulator.reserve(this.#slots)
        accumulator.read(reader, session.slot)
      }
    }
  }

  /** @param flush brings the accumulators up to the row before */
  #sessionOf(time: number, i: number, flush: () => void): Session {
    let partition = this.#codes.length === 0 ? 0 : this.#codes[0]![i]!
    for (let k = 1; k < this.#codes.length; k++)
      partition = this.#pairs[k - 1]!.numberOf(partition, this.#codes[k]![i]!)
    const gap = this.#gapMs
    let found: Session | null = null
    // At most two sessions are near a row: those on both sides of it.
    for (const session of this.#open[partition] ?? []) {
      if (time - session.last >= gap || session.start - time >= gap) continue
      if (found === null) {
        found = session
        session.start = Math.min(session.start, time)
        session.last = Math.max(session.last, time)
      } else {
        flush()
        found = this.#join(found, session)
        break
      }
    }
    if (found === null) {
      const keys = this.#codes.map((codes, index) => this.#keys[index]!.valueOf(codes[i]!))
      return this.#begin(keys, partition, time, time)
    }
    found.end = found.last + gap
    return found
  }

  /** The older of two sessions, with the rows of both. */
  #join(a: Session, b: Session): Session {
    const [kept, gone] = a.sequence < b.sequence ? [a, b] : [b, a]
    for (const accumulator of this.#accumulators) accumulator.merge(kept.slot, accumulator, gone.slot)
    kept.start = Math.min(a.start, b.start)
    kept.last = Math.max(a.last, b.last)
    gone.isGone = true
    const sessions = this.#open[kept.partition]!
    sessions.splice(sessions.indexOf(gone), 1)
    this.#living--
    return kept
  }

  #begin(keys: readonly Value[], partition: number, start: number, last: number): Session {
    const session: Session = {
      keys,
      partition,
      slot: this.#slots++,
      sequence: this.#sequence++,
      start,
      last,
      end: last + this.#gapMs,
      isGone: false,
    }
    this.#living++
    this.#enlist(session)
    return session
  }

  #enlist(session: Session): void {
    const sessions = (this.#open[session.partition] ??= [])
    let at = sessions.length
    while (at > 0 && sessions[at - 1]!.start > session.start) at--
    sessions.splice(at, 0, session)
    this.#queue.push(session)
  }

  #partitionOf(keys: readonly Value[]): number {
    const codes = keys.map((key, index) => this.#keys[index]!.codeOf(key))
    return codes.slice(1).reduce((left, code, index) => this.#pairs[index]!.numberOf(left, code), codes[0] ?? 0)
  }

  #inOrder(): Session[] {
    return this.#open.flatMap(sessions => sessions ?? []).sort((a, b) => a.sequence - b.sequence)
  }

  /** Keeps what lives and forgets the keys and slots of what is gone. */
  #compact(): void {
    const old = this.#accumulators
    const living = this.#inOrder()
    this.#keys = this.#keyTypes.map(type => new KeyCodes(storageOf(type)))
    this.#pairs = this.#keyTypes.slice(1).map(() => new PairTable())
    this.#accumulators = this.#newAccumulators()
    this.#open = []
    this.#queue = new SessionQueue()
    this.#slots = living.length
    for (const accumulator of this.#accumulators) accumulator.reserve(this.#slots)
    for (const [slot, session] of living.entries()) {
      this.#accumulators.forEach((accumulator, index) => accumulator.merge(slot, old[index]!, session.slot))
      session.slot = slot
      session.partition = this.#partitionOf(session.keys)
      this.#enlist(session)
    }
  }
}
