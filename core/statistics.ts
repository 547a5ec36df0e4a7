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
