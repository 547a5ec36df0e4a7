/**
 * The largest record that the stream takes, which the stream itself says (MaxRecordSizeInKiB of DescribeStreamSummary). A record
 * above it must not leave: the service refuses the whole call that it is in. Until the stream has said it, and where nobody may
 * ask, MaxUserRecordSize alone holds.
 */
import type { Clock } from '../core/index.ts'
import { MillraceError, RECORD_BYTES_DEFAULT } from '../core/index.ts'
import type { PutTarget } from './put-target.ts'

/** A limit that refuses a record is read again when it is so old: it may have been raised meanwhile. */
const BELIEVED_MS = 60_000

export class RecordLimit {
  readonly #target: Pick<PutTarget, 'recordBytesMax'>
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #call = new AbortController()
  #bytesMax = Number.POSITIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | null = null
  /** the last answer was a failure: asked again at puts, as aggregates are made by it too */
  #isUnread = false

  constructor(target: Pick<PutTarget, 'recordBytesMax'>, clock: Pick<Clock, 'monotonicMs'>) {
    this.#target = target
    this.#clock = clock
  }

  /** of data and partition key; Infinity while it is not known */
  get bytesMax(): number {
    return this.#bytesMax
  }

  /** Resolves when the stream has answered for the first time, or failed to. */
  read(): Promise<void> {
    if (this.#askedAt === Number.NEGATIVE_INFINITY) this.#ask()
    return this.#asking ?? Promise.resolve()
  }

  /** @throws MillraceError `invalid_argument` for a record above the limit */
  check(sizeBytes: number): void {
    if (this.#isUnread && this.#clock.monotonicMs() - this.#askedAt >= BELIEVED_MS) this.#ask()
    // every stream takes so much, but for embedded ones that were made with less
    if (sizeBytes <= RECORD_BYTES_DEFAULT && sizeBytes <= this.#bytesMax) return
    const isOld = this.#clock.monotonicMs() - this.#askedAt >= BELIEVED_MS
    if (isOld) this.#ask()
    if (sizeBytes <= this.#bytesMax) return
    throw new MillraceError(
      'invalid_argument',
      `put: data and partition key have ${sizeBytes} bytes, the stream takes records of ${this.#bytesMax}; split the record, or raise the stream's maximum record size (UpdateMaxRecordSize)`,
    )
  }

  /** Nobody waits for the answer any more. */
  close(): void {
    this.#call.abort()
  }

  #ask(): void {
    const { recordBytesMax } = this.#target
    if (recordBytesMax === undefined || this.#asking !== null || this.#call.signal.aborted) return
    this.#askedAt = this.#clock.monotonicMs()
    this.#asking = recordBytesMax
      .call(this.#target, this.#call.signal)
      .then(
        bytesMax => {
          this.#isUnread = false
          this.#bytesMax = bytesMax ?? Number.POSITIVE_INFINITY
        },
        // What is not known does no harm, and a denied call is none of the reader's business: the puts themselves tell.
        () => {
          this.#isUnread = true
        },
      )
      .finally(() => {
        this.#asking = null
      })
  }
}
