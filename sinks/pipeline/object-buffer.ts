/**
 * One object that takes records now: its body, what of it waits in memory, and the store's writer once it was begun.
 *
 *   add -> body -> held -> (drain: store.begin, write ...) -> seal: body.finish, complete
 *
 * The object is named when it is begun, so that its timestamp is the arrival of the oldest record until then.
 */
import { assert, MillraceError } from '../../core/index.ts'
import type { Turns } from '../../core/turns.ts'
import type { FlushReason } from '../buffer.ts'
import { type Receipt, ReceiptCounter } from '../receipt.ts'
import type { ObjectAttributes, ObjectStore, ObjectWriter } from '../stores/store.ts'
import type { StreamRecord } from './record.ts'

/** The bytes of one object from records. */
export interface RecordBody {
  /** @returns bytes that count for the buffering hints: before compression and conversion */
  add(record: StreamRecord): number
  /** Whether `drain` has much to hand over. */
  readonly full: boolean
  /** bytes that were added and not handed over; default 0 */
  readonly gatheredBytes?: number
  /** What can leave memory by now, a bounded slice of work a step. */
  drain(): Iterable<Uint8Array>
  /** All the rest, likewise; nothing may follow. */
  finish(): Iterable<Uint8Array>
}

export interface ObjectBufferOptions {
  readonly body: RecordBody
  readonly store: ObjectStore
  readonly attributes: ObjectAttributes
  /** the key for an object whose oldest record arrived then */
  readonly keyOf: (oldestAt: number) => string
  /** runs a store call until it succeeds */
  readonly retrying: <T>(operation: () => Promise<T>) => Promise<T>
  /** monotonic milliseconds of the first record */
  readonly firstMs: number
  readonly kind: Receipt['kind']
  /** told of each record, where open objects must survive the process; null elsewhere */
  readonly journal: ((record: StreamRecord) => void) | null
  /** let the event loop turn between slices of work */
  readonly turns: Turns
  /** told once, when the object is complete */
  readonly onSealed: (receipt: Receipt) => void
}

export class ObjectBuffer {
  readonly #options: ObjectBufferOptions
  /** ends the wait for the interval */
  readonly sealed = new AbortController()
  #held: Uint8Array[] = []
  #heldBytes = 0
  #writer: ObjectWriter | null = null
  #key = ''
  #records = 0
  #bufferedBytes = 0
  #sizeBytes = 0
  #firstAt = Number.POSITIVE_INFINITY
  #lastAt = Number.NEGATIVE_INFINITY
  readonly #receipt = new ReceiptCounter()
  #isAborted = false

  constructor(options: ObjectBufferOptions) {
    this.#options = options
  }

  get records(): number {
    return this.#records
  }

  /** as the buffering hints count */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /** what is in memory: what waits, and what the store's writer keeps */
  get heldBytes(): number {
    return this.#heldBytes + this.gatheredBytes + (this.#writer?.heldBytes ?? 0)
  }

  /** of these, what no bytes were made of yet */
  get gatheredBytes(): number {
    return this.#options.body.gatheredBytes ?? 0
  }

  /** what waits to be sent to the store */
  get waitingBytes(): number {
    return this.#heldBytes
  }

  get oldestAt(): number {
    return this.#firstAt
  }

  get firstMs(): number {
    return this.#options.firstMs
  }

  /** Whether the caller owes an `encode`. */
  get full(): boolean {
    return this.#options.body.full
  }

  /** @returns bytes that count for the buffering hints */
  add(record: StreamRecord): number {
    const { body, journal } = this.#options
    const bytes = body.add(record)
    this.#receipt.add(record)
    journal?.(record)
    this.#records++
    this.#bufferedBytes += bytes
    this.#firstAt = Math.min(this.#firstAt, record.arrivedAt)
    this.#lastAt = Math.max(this.#lastAt, record.arrivedAt)
    return bytes
  }

  /** Makes bytes of what the body has gathered. */
  encode(): Promise<void> {
    return this.#holdAll(this.#options.body.drain())
  }

  /** Sends what is held to the store. */
  async drain(): Promise<void> {
    if (this.#heldBytes === 0) return
    const { retrying, store, keyOf, attributes } = this.#options
    if (this.#writer === null) {
      const key = keyOf(this.#firstAt)
      this.#key = key
      this.#writer = await retrying(() => store.begin(key, attributes))
    }
    const writer = this.#writer
    for (const bytes of this.#held) await retrying(() => writer.write(bytes))
    this.#held = []
    this.#heldBytes = 0
  }

  /** Ends the object and makes it visible. */
  async seal(reason: FlushReason, now: () => number): Promise<void> {
    const { body, retrying, store, keyOf, attributes, kind, onSealed } = this.#options
    this.sealed.abort()
    await this.#holdAll(body.finish())
    await this.drain()
    // Nothing but empty records makes an object of no bytes, which is an object all the same.
    if (this.#writer === null) {
      const key = keyOf(this.#firstAt)
      this.#key = key
      this.#writer = await retrying(() => store.begin(key, attributes))
    }
    const writer = this.#writer
    assert(this.#records > 0, 'an object has records')
    await retrying(() => {
      // Writers take a completion after their end for done.
      if (this.#isAborted) throw new MillraceError('aborted', `object ${this.#key}: its stream has failed`)
      return writer.complete()
    })
    onSealed({
      kind,
      key: this.#key,
      rows: this.#records,
      sizeBytes: this.#sizeBytes,
      bufferedBytes: this.#bufferedBytes,
      firstRowtime: this.#firstAt,
      lastRowtime: this.#lastAt,
      reason,
      deliveredAt: now(),
      ...this.#receipt.end(),
    })
  }

  /** Removes what was begun; what cannot be removed is invisible and swept later. */
  async abort(): Promise<void> {
    this.#isAborted = true
    this.sealed.abort()
    await this.#writer?.abort().catch(() => {})
  }

  async #holdAll(slices: Iterable<Uint8Array>): Promise<void> {
    const { turns } = this.#options
    for (const slice of slices) {
      this.#hold(slice)
      if (turns.due) await turns.take()
    }
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#receipt.bytes(bytes)
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    this.#sizeBytes += bytes.length
  }
}
