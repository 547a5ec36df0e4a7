/** Statistics of the last minute, second by second. */
import { StatisticSet, type Statistics } from '../../core/index.ts'

/** How many seconds back a window can reach. */
export const WINDOW_SECONDS_MAX = 60

/** Of each second: which one it is, sum, least, greatest, number. */
const FIELDS = 5

/** Statistics of the last minute in seconds, of all time, and of the time since they were last taken. */
export class MetricHistory {
  readonly total = new StatisticSet()
  readonly fresh = new StatisticSet()
  readonly #seconds = new Float64Array(WINDOW_SECONDS_MAX * FIELDS).fill(-1)

  addAll(values: Statistics, now: number): void {
    this.total.addAll(values)
    this.fresh.addAll(values)
    const second = Math.floor(now / 1_000)
    const at = (second % WINDOW_SECONDS_MAX) * FIELDS
    const slots = this.#seconds
    const isNew = slots[at] !== second
    slots[at] = second
    slots[at + 1] = values.sum + (isNew ? 0 : (slots[at + 1] ?? 0))
    slots[at + 2] = isNew ? values.min : Math.min(values.min, slots[at + 2] ?? 0)
    slots[at + 3] = isNew ? values.max : Math.max(values.max, slots[at + 3] ?? 0)
    slots[at + 4] = values.count + (isNew ? 0 : (slots[at + 4] ?? 0))
  }

  /** The last `seconds` seconds, the present one included. */
  window(seconds: number, now: number): Statistics {
    const last = Math.floor(now / 1_000)
    const values = new StatisticSet()
    for (let at = 0; at < this.#seconds.length; at += FIELDS) {
      const [second = -1, sum = 0, min = 0, max = 0, count = 0] = this.#seconds.subarray(at, at + FIELDS)
      if (second >= 0 && second > last - seconds && second <= last) values.addAll({ sum, min, max, count })
    }
    return values.copy()
  }
}
