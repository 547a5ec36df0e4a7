/**
 * Two streams to one, pair by pair. Rows of both sides are taken in rowtime order, the left first on ties; each meets the
 * rows of the other side that are still kept, and is then kept itself:
 *
 *   held (the other side may still send an earlier row) --> kept --time passes--> gone, alone if it met nobody
 *
 * Pairs leave at the later rowtime; a preserved row that met nobody leaves when it goes, at the end of its window.
 */
import type { RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import { asNumbers } from '../expressions/vectors.ts'
import type { JoinKind } from '../sql/plan-node.ts'
import { JoinSide, type JoinSideOptions, type KeptRows } from './join-side.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import { PairBuffer } from './pair-buffer.ts'
import { type RowErrors, withoutFailures } from './row-errors.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface JoinOptions {
  readonly name: string
  readonly type: JoinKind
  readonly left: Pick<JoinSideOptions, 'keys' | 'window' | 'schema'>
  readonly right: Pick<JoinSideOptions, 'keys' | 'window' | 'schema'>
  /** over the joined row; null where the keys say it all */
  readonly condition: Kernel | null
  /** columns of the left, then of the right */
  readonly schema: Schema
  readonly output: Input
  readonly errors: RowErrors
  readonly limits: StateLimits
}

/** Batches of pairs that are looked at in one slice of work. */
const BATCHES_PER_SLICE = 4

/** A row on its way through the kept rows of the other side that have its key. */
interface Probe {
  readonly own: 'left' | 'right'
  readonly rows: KeptRows
  readonly row: number
  readonly partners: { readonly batches: readonly KeptRows[]; readonly rows: readonly number[] }
  next: number
  /** partners as they were when the row came */
  readonly end: number
}

export class Join implements Operator {
  readonly name: string
  readonly inputs: readonly Input[]
  readonly #options: JoinOptions
  readonly #left: JoinSide
  readonly #right: JoinSide
  readonly #pairs: PairBuffer
  #probe: Probe | null = null
  /** the greatest rowtime taken */
  #clock = -Infinity
  #told = -Infinity
  #batches = 0

  constructor(options: JoinOptions) {
    const { name, type, errors, limits } = options
    this.name = name
    this.#options = options
    this.#left = new JoinSide({ ...options.left, preserved: type === 'LEFT' || type === 'FULL', errors })
    this.#right = new JoinSide({ ...options.right, preserved: type === 'RIGHT' || type === 'FULL', errors })
    this.#pairs = new PairBuffer(options.left.schema, options.right.schema, options.schema)
    this.inputs = [this.#left, this.#right].map(side => ({
      push: (rows: RowBatch, selection: Selection): void => {
        side.hold(rows, selection)
        if (this.stateBytes > limits.maxBytes) throw stateLimitError(this.name, 'maxBytes', limits.maxBytes)
      },
      advance: (bound: number): void => {
        side.bound = Math.max(side.bound, bound)
      },
    }))
  }

  get stateBytes(): number {
    return this.#left.bytes + this.#right.bytes
  }

  work(): boolean {
    const told = this.#told
    this.#batches = 0
    let did = false
    while (this.#batches < BATCHES_PER_SLICE) {
      if (this.#probe !== null) this.#meet(this.#probe)
      else {
        const side = this.#next()
        if (side === null) break
        this.#take(side)
      }
      did = true
    }
    if (this.#probe !== null || this.#next() !== null) return true
    const bound = Math.min(this.#left.bound, this.#right.bound)
    if (bound > this.#told && !this.#expire(bound)) return true
    this.#flush()
    if (bound > this.#told) {
      this.#told = bound
      this.#options.output.advance(bound)
    }
    return did || this.#told > told
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.number(this.#clock)
    writer.number(this.#told)
    yield* this.#left.write(writer)
    yield* this.#right.write(writer)
  }

  restore(reader: StateReader): void {
    this.#clock = reader.number()
    this.#told = reader.number()
    this.#left.read(reader)
    this.#right.read(reader)
  }

  /** The side whose row comes next, or null while an earlier row of the other may still come. */
  #next(): 'left' | 'right' | null {
    const left = this.#left.head
    const right = this.#right.head
    if (left <= right) return left < this.#right.bound ? 'left' : null
    return right < this.#left.bound ? 'right' : null
  }

  #take(own: 'left' | 'right'): void {
    const [side, other] = own === 'left' ? [this.#left, this.#right] : [this.#right, this.#left]
    const rowtime = side.head
    if (rowtime > this.#clock) {
      if (!this.#expire(rowtime)) return
      this.#clock = rowtime
    }
    // The oldest of the last rows makes room.
    while (side.isFull) this.#let(own, rowtime)
    const { limits } = this.#options
    const { rows, row, key } = side.enter()
    if (side.keyCount > limits.maxKeys) throw stateLimitError(this.name, 'maxKeys', limits.maxKeys)
    const partners = key === null ? undefined : other.find(key)
    if (partners === undefined) return
    this.#probe = { own, rows, row, partners, next: partners.head, end: partners.rows.length }
  }

  /** Pairs a row with its next partners, as many as a batch takes. */
  #meet(probe: Probe): void {
    const { own, rows, row, partners, end } = probe
    const rowtime = rows.batch.rowtimes[row]!
    const sure = this.#options.condition === null
    while (probe.next < end && !this.#pairs.full) {
      const other = partners.batches[probe.next]!
      const otherRow = partners.rows[probe.next]!
      probe.next++
      if (own === 'left') this.#pairs.add(rows, row, other, otherRow, rowtime)
      else this.#pairs.add(other, otherRow, rows, row, rowtime)
      if (sure) {
        other.met[otherRow] = 1
        rows.met[row] = 1
      }
    }
    if (probe.next === end) this.#probe = null
    if (this.#pairs.full) this.#flush()
  }

  /** Lets go of what ends before `time`, in the order in which it ends. False when the slice is over before that. */
  #expire(time: number): boolean {
    for (;;) {
      const left = this.#left.ends
      const right = this.#right.ends
      const ends = Math.min(left, right)
      // At the end of the input even those that wait for ever go.
      if (ends >= time && (time !== Infinity || (this.#left.isEmpty && this.#right.isEmpty))) return true
      if (this.#batches >= BATCHES_PER_SLICE) return false
      const own = left <= right && !this.#left.isEmpty ? 'left' : 'right'
      if (ends < Infinity) this.#let(own, ends)
      else {
        this.#clock = Math.max(this.#clock, this.#told, this.#pairs.lastRowtime)
        this.#let(own, this.#clock)
      }
    }
  }

  /** Lets the oldest kept row of a side go; alone, if it is preserved and met nobody. */
  #let(own: 'left' | 'right', rowtime: number): void {
    const side = own === 'left' ? this.#left : this.#right
    // Whether it met somebody may not be decided yet.
    if (side.preserved && this.#options.condition !== null && this.#pairs.length > 0) this.#flush()
    const { rows, row } = side.leave()
    if (!side.preserved || rows.met[row] === 1) return
    if (own === 'left') this.#pairs.add(rows, row, null, 0, rowtime)
    else this.#pairs.add(null, 0, rows, row, rowtime)
    if (this.#pairs.full) this.#flush()
  }

  /** Sends the pairs for which the condition is TRUE. */
  #flush(): void {
    if (this.#pairs.length === 0) return
    this.#batches++
    const { condition, output, errors } = this.#options
    const { batch, lefts, rights, both } = this.#pairs.take()
    if (condition === null) {
      output.push(batch, everyRow(batch.length))
      return
    }
    const failures = new RowFailures()
    const { values, nulls } = asNumbers(condition({ batch, failures }, both))
    const sound = withoutFailures(batch, both, failures, errors)
    const passed = new Uint8Array(batch.length).fill(1)
    for (let i = 0; i < both.length; i++) passed[both.rows[i]!] = 0
    for (let i = 0; i < sound.length; i++) {
      const pair = sound.rows[i]!
      if (nulls[pair] === 1 || values[pair] !== 1) continue
      passed[pair] = 1
      lefts.batches[pair]!.met[lefts.rows[pair]!] = 1
      rights.batches[pair]!.met[rights.rows[pair]!] = 1
    }
    const kept = new Int32Array(batch.length)
    let length = 0
    for (let pair = 0; pair < batch.length; pair++) if (passed[pair] === 1) kept[length++] = pair
    if (length > 0) output.push(batch, { rows: kept, length })
  }
}
