/** The samples of one series in order of time, forgotten from the front. */

import type { Labels } from './promql/labels.ts'
import type { SeriesData } from './promql/series.ts'
import { after } from './promql/series.ts'

const FIRST_ROOM = 16

export class SeriesBuffer implements SeriesData {
  readonly labels: Labels
  times = new Float64Array(FIRST_ROOM)
  values = new Float64Array(FIRST_ROOM)
  start = 0
  end = 0

  constructor(labels: Labels) {
    this.labels = labels
  }

  get length(): number {
    return this.end - this.start
  }

  /** Time of the newest sample; -Infinity when there is none. */
  get newest(): number {
    return this.length === 0 ? Number.NEGATIVE_INFINITY : (this.times[this.end - 1] ?? Number.NEGATIVE_INFINITY)
  }

  /** Puts a sample in its place; one of the same time is replaced. Returns how many samples there are more: 1 or 0. */
  put(time: number, value: number): 0 | 1 {
    const { end } = this
    const known = time > this.newest ? this.end : after(this.times, time, this.start, this.end)
    if (known > this.start && this.times[known - 1] === time) {
      // What a query holds stays as it is.
      this.#makeRoom()
      this.values[this.end - 1 - (end - known)] = value
      return 0
    }
    const behind = this.end - known
    if (behind > 0 || this.end === this.times.length) this.#makeRoom()
    const at = this.end - behind
    if (behind > 0) {
      this.times.copyWithin(at + 1, at, this.end)
      this.values.copyWithin(at + 1, at, this.end)
    }
    this.times[at] = time
    this.values[at] = value
    this.end++
    return 1
  }

  /** Forgets samples up to and including `time`. Returns how many. */
  forget(time: number): number {
    const next = after(this.times, time, this.start, this.end)
    const forgotten = next - this.start
    this.start = next
    return forgotten
  }

  /** New arrays, so that what queries hold stays as it is: twice as large, or as large where half of the room is forgotten. */
  #makeRoom(): void {
    const { length } = this
    const room = Math.max(
      FIRST_ROOM,
      this.end === this.times.length && length > this.times.length / 2 ? this.times.length * 2 : this.times.length,
    )
    const times = new Float64Array(room)
    const values = new Float64Array(room)
    times.set(this.times.subarray(this.start, this.end))
    values.set(this.values.subarray(this.start, this.end))
    this.times = times
    this.values = values
    this.start = 0
    this.end = length
  }
}
