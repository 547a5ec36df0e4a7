/** The tumbling window of an event source mapping: one of a shard, by arrival time, whose state goes from call to call. */
import type { KinesisLambdaEvent } from './event.ts'

/** AWS Lambda developer guide: with more, Lambda ends the window early. */
export const WINDOW_STATE_BYTES_MAX = 1_048_576

export interface TumblingWindow {
  /** epoch milliseconds; the end is not included */
  readonly start: number
  readonly end: number
  /**
   * What this processor left the last time, `{}` at first; set it to what the next call is to get. JSON of at most 1 MB. With
   * records that fail, the state of the last checkpoint goes on, so set it before.
   */
  state: unknown
  /** true: the window is over, and its state is dropped after this call, which may have no records */
  readonly isFinal: boolean
  /** true: it is over before its end, since its state or its batches are too large */
  readonly isTerminatedEarly: boolean
}

export class WindowState implements TumblingWindow {
  readonly start: number
  readonly end: number
  readonly isFinal: boolean
  readonly isTerminatedEarly: boolean
  state: unknown
  /** a copy: what is returned when a record fails must not have what was added behind it */
  #saved: string

  constructor(event: KinesisLambdaEvent & { readonly window: NonNullable<KinesisLambdaEvent['window']> }) {
    this.start = Date.parse(event.window.start)
    this.end = Date.parse(event.window.end)
    this.isFinal = event.isFinalInvokeForWindow ?? false
    this.isTerminatedEarly = event.isWindowTerminatedEarly ?? false
    this.state = event.state ?? {}
    this.#saved = textOf(this.state)
  }

  /** The state as it is now belongs to the checkpoint that is made now. */
  save(): void {
    this.#saved = textOf(this.state)
  }

  get savedBytes(): number {
    return Buffer.byteLength(this.#saved)
  }

  get saved(): unknown {
    return JSON.parse(this.#saved)
  }
}

function textOf(state: unknown): string {
  // Lambda takes an answer without a state for a failure.
  return JSON.stringify(state) ?? '{}'
}
