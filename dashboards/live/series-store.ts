/**
 * Recent points of many series in bounded memory: values are joined in buckets of time, buckets older than the span are
 * forgotten, and series past the limit count only in the sum of all.
 */
import type { Combine } from '../view-model.ts'

/** Series that a store keeps points for. */
export const SERIES_TRACKED_MAX = 128
/** Buckets a span is cut into at most. */
export const BUCKETS_MAX = 600
const BUCKET_MS_MIN = 1_000
/** Looking through all points at every new bucket would slow a fast replay down; so much more than a span is kept at most. */
const PRUNES_PER_SPAN = 20

/** The points of one series. */
export class SeriesPoints {
  readonly name: string
  /** bucket start to value; null where every row of the bucket had NULL */
  readonly points = new Map<number, number | null>()
  /** buckets that changed since the owner last asked */
  readonly changed = new Set<number>()
  /** start of the newest bucket */
  last = Number.NEGATIVE_INFINITY

  constructor(name: string) {
    this.name = name
  }

  add(bucket: number, value: number | null, combine: Combine): void {
    const before = this.points.get(bucket)
    let next = value
    if (before !== undefined && before !== null) {
      if (value === null) return
      if (combine === 'sum') next = before + value
      else if (combine === 'max') next = Math.max(before, value)
    }
    this.points.set(bucket, next)
    this.changed.add(bucket)
    if (bucket > this.last) this.last = bucket
  }

  /** Forgets buckets before `oldest`. */
  prune(oldest: number): void {
    for (const bucket of this.points.keys()) if (bucket < oldest) this.points.delete(bucket)
    for (const bucket of this.changed) if (bucket < oldest) this.changed.delete(bucket)
  }

  /** Sum over all buckets, absolute so that negative values rank by size. */
  weight(): number {
    let sum = 0
    for (const value of this.points.values()) sum += Math.abs(value ?? 0)
    return sum
  }

  total(): number {
    let sum = 0
    for (const value of this.points.values()) sum += value ?? 0
    return sum
  }

  inOrder(): [number, number | null][] {
    return [...this.points].sort((a, b) => a[0] - b[0])
  }
}

export class SeriesStore {
  readonly bucketMs: number
  readonly #spanMs: number
  readonly #combine: Combine
  readonly #trackedMax: number
  readonly #series = new Map<string, SeriesPoints>()
  /** every row, whatever its series; means something only where rows are summed */
  readonly all = new SeriesPoints('')
  #newest = Number.NEGATIVE_INFINITY
  #prunedAt = Number.NEGATIVE_INFINITY
  /** the newest bucket when no room could be made */
  #fullAt = Number.NEGATIVE_INFINITY
  #untracked = false

  constructor(spanMs: number, combine: Combine, trackedMax = SERIES_TRACKED_MAX) {
    this.#spanMs = spanMs
    this.#combine = combine
    this.#trackedMax = trackedMax
    this.bucketMs = Math.max(BUCKET_MS_MIN, Math.ceil(spanMs / BUCKETS_MAX / BUCKET_MS_MIN) * BUCKET_MS_MIN)
  }

  /** start of the newest bucket, or null when empty */
  get newest(): number | null {
    return Number.isFinite(this.#newest) ? this.#newest : null
  }

  /** True when rows were counted only in the sum of all because there were too many series. */
  get hasUntracked(): boolean {
    return this.#untracked
  }

  get size(): number {
    return this.#series.size
  }

  /** Adds one value; what is older than the span is ignored. */
  add(time: number, name: string, value: number | null): void {
    const bucket = Math.floor(time / this.bucketMs) * this.bucketMs
    if (bucket < this.#newest - this.#spanMs) return
    if (bucket > this.#newest) {
      this.#newest = bucket
      if (bucket - this.#prunedAt > this.#spanMs / PRUNES_PER_SPAN) this.prune()
    }
    this.all.add(bucket, value, this.#combine)
    let series = this.#series.get(name)
    if (series === undefined) {
      if (this.#series.size >= this.#trackedMax && !this.#makeRoom()) {
        this.#untracked = true
        return
      }
      series = new SeriesPoints(name)
      this.#series.set(name, series)
    }
    series.add(bucket, value, this.#combine)
  }

  /** Forgets what is older than the span before the newest bucket; series without points leave. */
  prune(): void {
    if (this.#prunedAt === this.#newest) return
    this.#prunedAt = this.#newest
    const oldest = this.#newest - this.#spanMs
    this.all.prune(oldest)
    for (const [name, series] of this.#series) {
      series.prune(oldest)
      if (series.points.size === 0) this.#series.delete(name)
    }
    if (this.#series.size < this.#trackedMax) this.#untracked = false
  }

  get(name: string): SeriesPoints | undefined {
    return this.#series.get(name)
  }

  /** Series by weight, heaviest first; equal weights in the order of their names, so that nothing flickers. */
  ranked(): { readonly series: SeriesPoints; readonly weight: number }[] {
    return [...this.#series.values()]
      .map(series => ({ series, weight: series.weight() }))
      .sort((a, b) => b.weight - a.weight || (a.series.name < b.series.name ? -1 : 1))
  }

  /** Drops one series that has had nothing for half the span; false when all are alive. Looked for once a bucket. */
  #makeRoom(): boolean {
    if (this.#fullAt === this.#newest) return false
    for (const [name, series] of this.#series) {
      if (series.last < this.#newest - this.#spanMs / 2) {
        this.#series.delete(name)
        return true
      }
    }
    this.#fullAt = this.#newest
    return false
  }
}
