/**
 * Rows of one stream become objects in a store. This file joins the parts: options.ts says what is wanted, buffer.ts when to
 * flush, formats/ make the bytes, prefix.ts and object-name.ts the key, stores/ keep it, manifest.ts remembers.
 *
 *   write -> body.add -> body.drain -> (held up to 1 MiB) -> store.begin, write ... -> body.finish -> complete -> manifest
 *
 * Delivery is at-least-once: there is no journal, and rows that were written and not yet delivered die with the process.
 */
import { JsonLinesEncoder } from '../core/codecs/json-lines.ts'
import {
  assert,
  type Clock,
  type Encoder,
  MEBIBYTE,
  MillraceError,
  type Random,
  type RowBatch,
  type Schema,
  type Sink,
} from '../core/index.ts'
import { type FlushReason, flushReason, intervalEndsMs } from './buffer.ts'
import { CONTAINERS } from './containers/container.ts'
import type { Body } from './formats/body.ts'
import { JsonLinesBody } from './formats/json-lines.ts'
import { pageCompressorOf } from './formats/parquet/codec.ts'
import { ParquetBody } from './formats/parquet/parquet-body.ts'
import { type DeliveredObject, Manifest } from './manifest.ts'
import { objectName } from './object-name.ts'
import { type DeliveryOptions, type DeliveryPlan, deliveryPlanOf } from './options.ts'
import { RETRY_FOR_MS_DEFAULT, withRetry } from './retry.ts'
import type { ObjectStore, ObjectWriter } from './stores/store.ts'
import { Turns } from './turns.ts'

/** Bytes of a body that wait in memory before its object is begun; small objects are named when all their rows are known. */
export const HELD_BYTES_MAX = 1 * MEBIBYTE

export interface DeliveryParts {
  readonly clock: Clock
  readonly random: Random
  readonly store: ObjectStore
  /** Writes JSON lines, one line feed after each row and none inside. Default: our own, with the rowtime as the options say. */
  readonly encoder?: Encoder
  /** called for each object after it became visible; must not throw */
  readonly onDelivered?: (object: DeliveredObject) => void
  /** told of each store failure that is followed by another attempt */
  readonly onRetry?: (error: MillraceError) => void
  /** Default 24 hours. */
  readonly retryForMs?: number
}

/** The object that takes rows now. */
interface OpenObject {
  readonly body: Body
  /** ends the wait for the interval */
  readonly sealed: AbortController
  readonly firstMs: number
  held: Uint8Array[]
  heldBytes: number
  writer: ObjectWriter | null
  key: string
  rows: number
  bufferedBytes: number
  sizeBytes: number
  firstRowtime: number
  lastRowtime: number
}

export class Delivery implements Sink {
  readonly #plan: DeliveryPlan
  readonly #parts: DeliveryParts
  readonly #encoder: Encoder
  readonly #manifest: Manifest
  readonly #turns: Turns
  #open: OpenObject | null = null
  /** what runs now; the next call waits for it */
  #turn: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown } | null = null
  #closed = false
  #retries = 0

  /** @throws MillraceError `config` with every problem of the options */
  constructor(options: DeliveryOptions, schema: Schema, parts: DeliveryParts) {
    this.#plan = deliveryPlanOf(options, schema)
    this.#parts = parts
    this.#encoder = parts.encoder ?? new JsonLinesEncoder({ rowtime: this.#plan.rowtime })
    this.#manifest = new Manifest(parts.onDelivered)
    this.#turns = new Turns(parts.clock)
  }

  /** What was delivered so far. */
  get manifest(): Manifest {
    return this.#manifest
  }

  get warnings(): readonly string[] {
    return this.#plan.warnings
  }

  /** Store calls that failed and were repeated. */
  get retries(): number {
    return this.#retries
  }

  /** Rows that were written and are in no visible object yet. */
  get waitingRows(): number {
    return this.#open?.rows ?? 0
  }

  /**
   * Takes rows over; waits while an object is being delivered.
   * @throws MillraceError `closed` after `close`; else what the store failed with, also when that was in the background. After a
   * failure every call throws it: the rows since the last delivered object are not delivered, and none are skipped.
   */
  write(rows: RowBatch): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed)
        throw new MillraceError('closed', `delivery ${this.#plan.stream}: it is closed; nothing may be written`)
      if (rows.length === 0) return
      const open = (this.#open ??= await this.#openObject())
      if (open.rows === 0) this.#watch(open)
      await this.#turns.take()
      open.bufferedBytes += open.body.add(rows)
      open.rows += rows.length
      open.firstRowtime = Math.min(open.firstRowtime, rows.rowtimes[0] ?? 0)
      open.lastRowtime = Math.max(open.lastRowtime, rows.rowtimes[rows.length - 1] ?? 0)
      await this.#send(open, open.body.drain())
      const reason = this.#flushReason(open)
      if (reason !== null) await this.#flush(open, reason)
    })
  }

  /** Watermarks do not flush: objects obey the buffering hints. */
  advance(_watermark: number): void {}

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return
      this.#closed = true
      if (this.#open !== null) await this.#flush(this.#open, 'close')
    })
  }

  /** Runs after all that was asked before; a failure stays. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (this.#failure !== null) throw this.#failure.error
      await work().catch(async (error: unknown) => {
        // A refused call after `close` spoils nothing.
        if (this.#open !== null) await this.#fail(this.#open, error)
        throw error
      })
    })
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #fail(open: OpenObject, error: unknown): Promise<void> {
    this.#failure = { error }
    open.sealed.abort()
    // The first error is the one to tell; what could not be cleaned up is invisible and swept later.
    await open.writer?.abort().catch(() => {})
  }

  async #openObject(): Promise<OpenObject> {
    return {
      body: await this.#newBody(),
      sealed: new AbortController(),
      firstMs: this.#parts.clock.monotonicMs(),
      held: [],
      heldBytes: 0,
      writer: null,
      key: '',
      rows: 0,
      bufferedBytes: 0,
      sizeBytes: 0,
      firstRowtime: Number.POSITIVE_INFINITY,
      lastRowtime: Number.NEGATIVE_INFINITY,
    }
  }

  async #newBody(): Promise<Body> {
    const { body, rowtime } = this.#plan
    if (body.kind === 'parquet')
      return new ParquetBody({ ...body, rowtime, compress: await pageCompressorOf(body.compression) })
    const compressor = await CONTAINERS[body.compression].create(this.#parts.random)
    return new JsonLinesBody(this.#encoder, compressor, body.delimiter)
  }

  /** Flushes the object when its interval ends, unless it was sealed before. */
  #watch(open: OpenObject): void {
    const { clock } = this.#parts
    const endsMs = intervalEndsMs(this.#plan.hints, { rows: 0, sizeBytes: 0, firstMs: open.firstMs })
    assert(endsMs !== null, 'an open object has an interval')
    const wait = async (): Promise<void> => {
      await clock.sleep(Math.max(0, endsMs - clock.monotonicMs()), open.sealed.signal)
      if (open.sealed.signal.aborted) return
      await this.#inTurn(async () => {
        if (this.#open === open) await this.#flush(open, 'interval')
      })
    }
    // The failure is kept and thrown by the next write or by close.
    wait().catch(() => {})
  }

  #flushReason(open: OpenObject): FlushReason | null {
    const state = { rows: open.rows, sizeBytes: open.bufferedBytes, firstMs: open.firstMs }
    return flushReason(this.#plan.hints, state, this.#parts.clock.monotonicMs())
  }

  async #send(open: OpenObject, slices: Iterable<Uint8Array>): Promise<void> {
    for (const bytes of slices) {
      await this.#turns.take()
      if (bytes.length === 0) continue
      open.held.push(bytes)
      open.heldBytes += bytes.length
      open.sizeBytes += bytes.length
      if (open.writer !== null || open.heldBytes >= HELD_BYTES_MAX) await this.#writeHeld(open)
    }
  }

  async #writeHeld(open: OpenObject): Promise<void> {
    const writer = (open.writer ??= await this.#begin(open))
    for (const bytes of open.held) await this.#retrying(() => writer.write(bytes))
    open.held = []
    open.heldBytes = 0
  }

  #begin(open: OpenObject): Promise<ObjectWriter> {
    const { stream, version, prefixes, extension } = this.#plan
    const { random, store } = this.#parts
    const oldestAt = open.firstRowtime
    const name = objectName(stream, version, prefixes.clock(oldestAt), random.uuid(), extension)
    open.key = prefixes.prefix.evaluate({ oldestAt, random }) + name
    return this.#retrying(() => store.begin(open.key))
  }

  async #flush(open: OpenObject, reason: FlushReason): Promise<void> {
    open.sealed.abort()
    await this.#send(open, open.body.finish())
    await this.#writeHeld(open)
    const writer = open.writer
    assert(writer !== null, 'an object that was written has a writer')
    await this.#retrying(() => writer.complete())
    this.#open = null
    this.#manifest.add({
      key: open.key,
      rows: open.rows,
      sizeBytes: open.sizeBytes,
      bufferedBytes: open.bufferedBytes,
      firstRowtime: open.firstRowtime,
      lastRowtime: open.lastRowtime,
      reason,
      deliveredAt: this.#parts.clock.now(),
    })
  }

  #retrying<T>(operation: () => Promise<T>): Promise<T> {
    const { clock, random, retryForMs = RETRY_FOR_MS_DEFAULT } = this.#parts
    const onRetry = (error: MillraceError): void => {
      this.#retries++
      this.#parts.onRetry?.(error)
    }
    return withRetry({ clock, random, retryForMs, onRetry }, operation)
  }
}
