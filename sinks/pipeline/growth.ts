/**
 * How large objects become while delivery is behind: Firehose raises the size to catch up with fewer, larger objects, by a rule
 * that it does not publish. Ours doubles while records wait, to 8 times the hint or 128 MiB at most, and goes back to the hint
 * after one interval in which nothing waited.
 */
import { MEBIBYTE } from '../../core/index.ts'
import type { BufferingHints } from '../buffer.ts'

const FACTOR_MAX = 8
const TARGET_BYTES_MAX = 128 * MEBIBYTE

export class SizeTarget {
  readonly #hintBytes: number
  readonly #intervalMs: number
  #bytes: number
  #behindMs: number | null = null

  constructor(hints: BufferingHints) {
    this.#hintBytes = hints.SizeInMBs * MEBIBYTE
    this.#intervalMs = hints.IntervalInSeconds * 1_000
    this.#bytes = this.#hintBytes
  }

  /** bytes at which a buffer is full now */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * A buffer has reached the target.
   * @param behind whether records wait for this one
   * @returns true when the buffer goes on growing, as the target was raised
   */
  reached(behind: boolean, nowMs: number): boolean {
    if (!behind) {
      this.idle(nowMs)
      return false
    }
    this.#behindMs = nowMs
    const raised = Math.min(this.#bytes * 2, this.#hintBytes * FACTOR_MAX, Math.max(this.#hintBytes, TARGET_BYTES_MAX))
    if (raised <= this.#bytes) return false
    this.#bytes = raised
    return true
  }

  /** Nothing waits now. */
  idle(nowMs: number): void {
    if (this.#behindMs !== null && nowMs - this.#behindMs < this.#intervalMs) return
    this.#behindMs = null
    this.#bytes = this.#hintBytes
  }
}
