/** Sums and quantiles as Prometheus computes them. */

/** A sum that keeps what rounding would lose (Neumaier), with its infinities and NaN. */
export function sumOf(values: Float64Array, from: number, to: number): number {
  let sum = 0
  let lost = 0
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0
    const next = sum + value
    if (!Number.isFinite(next)) lost = 0
    else if (Math.abs(sum) >= Math.abs(value)) lost += sum - next + value
    else lost += value - next + sum
    sum = next
  }
  return Number.isFinite(sum) ? sum + lost : sum
}

/** Mean; a sum that overflows is divided first. */
export function meanOf(values: Float64Array, from: number, to: number): number {
  const count = to - from
  const sum = sumOf(values, from, to)
  if (Number.isFinite(sum)) return sum / count
  let mean = 0
  for (let i = from; i < to; i++) mean += (values[i] ?? 0) / count
  return mean
}

/** Variance of the whole population. */
export function varianceOf(values: Float64Array, from: number, to: number): number {
  let count = 0
  let mean = 0
  let squares = 0
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0
    count++
    const difference = value - mean
    mean += difference / count
    squares += difference * (value - mean)
  }
  return squares / count
}

/** Between the two values around the rank, in proportion; `quantile` below 0 or above 1 gives an infinity. NaN counts as smallest. */
export function quantileOf(quantile: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(quantile)) return Number.NaN
  if (quantile < 0) return Number.NEGATIVE_INFINITY
  if (quantile > 1) return Number.POSITIVE_INFINITY
  const sorted = values.slice().sort(nanFirst)
  const rank = quantile * (sorted.length - 1)
  const lower = Math.floor(rank)
  const upper = Math.min(sorted.length - 1, lower + 1)
  const weight = rank - lower
  return (sorted[lower] ?? Number.NaN) * (1 - weight) + (sorted[upper] ?? Number.NaN) * weight
}

export function nanFirst(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1
  return Number.isNaN(b) ? 1 : a - b
}

/** Slope a second and value at `interceptMs` of the line of least squares; times are milliseconds. */
export function lineThrough(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  interceptMs: number,
): { readonly slope: number; readonly intercept: number } {
  const count = to - from
  const x = new Float64Array(count)
  const y = values.slice(from, to)
  for (let i = 0; i < count; i++) x[i] = ((times[from + i] ?? 0) - interceptMs) / 1_000
  const first = y[0] ?? 0
  if (y.every(value => value === first))
    return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: Number.NaN, intercept: Number.NaN }
  const sumX = sumOf(x, 0, count)
  const sumY = sumOf(y, 0, count)
  const covariance =
    sumOf(
      x.map((value, i) => value * (y[i] ?? 0)),
      0,
      count,
    ) -
    (sumX * sumY) / count
  const variance =
    sumOf(
      x.map(value => value * value),
      0,
      count,
    ) -
    (sumX * sumX) / count
  const slope = covariance / variance
  return { slope, intercept: sumY / count - (slope * sumX) / count }
}

export interface Bucket {
  readonly bound: number
  readonly count: number
}

/** The quantile of a classic histogram: buckets by upper bound with cumulative counts, one of them with the bound +Inf. */
export function bucketQuantile(quantile: number, given: readonly Bucket[]): number {
  if (Number.isNaN(quantile)) return Number.NaN
  if (quantile < 0) return Number.NEGATIVE_INFINITY
  if (quantile > 1) return Number.POSITIVE_INFINITY
  const buckets: { bound: number; count: number }[] = []
  for (const { bound, count } of given.toSorted((a, b) => a.bound - b.bound)) {
    const last = buckets.at(-1)
    if (last !== undefined && last.bound === bound) last.count += count
    else buckets.push({ bound, count })
  }
  const last = buckets.at(-1)
  if (last === undefined || last.bound !== Number.POSITIVE_INFINITY || buckets.length < 2) return Number.NaN
  // Counts of one scrape may be of different instants; a falling one is lifted to the one before.
  let highest = Number.NEGATIVE_INFINITY
  for (const bucket of buckets) {
    highest = Math.max(highest, bucket.count)
    if (bucket.count < highest) bucket.count = highest
  }
  if (last.count === 0 || Number.isNaN(last.count)) return Number.NaN
  let rank = quantile * last.count
  let index = buckets.slice(0, -1).findIndex(bucket => bucket.count >= rank)
  if (index < 0) index = buckets.length - 1
  const bucket = buckets[index]
  const before = buckets[index - 1]
  if (bucket === undefined || index === buckets.length - 1) return before?.bound ?? Number.NaN
  if (before === undefined && bucket.bound <= 0) return bucket.bound
  const start = before?.bound ?? 0
  const count = bucket.count - (before?.count ?? 0)
  rank -= before?.count ?? 0
  return start + (bucket.bound - start) * (rank / count)
}
