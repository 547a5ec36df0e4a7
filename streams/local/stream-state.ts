/**
 * The state of a stream as DescribeStream tells it. Source: Kinesis API reference, StreamDescription: CREATING and DELETING
 * take no call but descriptions, UPDATING still takes reads and writes, and changes of a stream need it ACTIVE.
 *
 *   CREATING ─ delay ─► ACTIVE ─ change ─► UPDATING ─ delay, change done ─► ACTIVE
 *                          └──── delete ──► DELETING ─ delay ─► gone
 */
import { type Clock, MillraceError } from '../../core/index.ts'

export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'

export interface StreamStateOptions {
  readonly clock: Clock
  readonly streamName: string
  /** how long CREATING, UPDATING and DELETING last at least; 0 lets calls return when the work is done */
  readonly delayMs: number
  /** until when the stream is CREATING */
  readonly activeAt: number
  /** told when a change failed after its call had been answered */
  readonly onFailure: (error: unknown) => void
}

export class StreamState {
  readonly #options: StreamStateOptions
  readonly #ended = new AbortController()
  #changing = false
  #deleting = false

  constructor(options: StreamStateOptions) {
    this.#options = options
  }

  get status(): StreamStatus {
    if (this.#deleting) return 'DELETING'
    if (this.#changing) return 'UPDATING'
    return this.#options.clock.now() < this.#options.activeAt ? 'CREATING' : 'ACTIVE'
  }

  /** @throws MillraceError `already_exists` unless the stream is ACTIVE */
  refuseUnlessActive(): void {
    const { status } = this
    if (status === 'ACTIVE') return
    throw new MillraceError(
      'already_exists',
      `Stream ${this.#options.streamName} is not ACTIVE, instead in state ${status}.`,
    )
  }

  /**
   * Runs a change with the stream UPDATING: at once where there is no delay; else it begins when the delay is over, and this
   * resolves before.
   * @throws MillraceError `already_exists` unless the stream is ACTIVE; without a delay what the change throws
   */
  async change(work: () => Promise<void>): Promise<void> {
    this.refuseUnlessActive()
    this.#changing = true
    const { clock, delayMs, onFailure } = this.#options
    if (delayMs <= 0) return this.#run(work)
    const { signal } = this.#ended
    void clock.sleep(delayMs, signal).then(() => (signal.aborted ? undefined : this.#run(work).catch(onFailure)))
  }

  /** Turns the stream DELETING; resolves when the delay is over. */
  async startDeleting(): Promise<void> {
    this.#deleting = true
    if (this.#options.delayMs > 0) await this.#options.clock.sleep(this.#options.delayMs, this.#ended.signal)
  }

  /** Ends every wait; changes that have not begun do not happen. */
  end(): void {
    this.#ended.abort()
  }

  async #run(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } finally {
      this.#changing = false
    }
  }
}
