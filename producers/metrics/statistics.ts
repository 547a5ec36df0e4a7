/** Sum, least, greatest and number of values: what CloudWatch calls a statistic set. */

export interface Statistics {
  readonly sum: number
  readonly min: number
  readonly max: number
  /** 0: no value, and min and max mean nothing */
  readonly count: number
}

export class StatisticSet implements Statistics {
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  count = 0

  /** Adds one value, `times` times. */
  add(value: number, times = 1): void {
    this.sum += value * times
    this.count += times
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
  }

  addAll(other: Statistics): void {
    if (other.count === 0) return
    this.sum += other.sum
    this.count += other.count
    this.min = Math.min(this.min, other.min)
    this.max = Math.max(this.max, other.max)
  }

  clear(): void {
    this.sum = 0
    this.count = 0
    this.min = Number.POSITIVE_INFINITY
    this.max = Number.NEGATIVE_INFINITY
  }

  copy(): Statistics {
    return { sum: this.sum, min: this.min, max: this.max, count: this.count }
  }
}

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
