/**
 * What a shard may take and give in a second. Source: Kinesis developer guide, Quotas and limits: "Each shard can support up to
 * 1 MB/sec or 1,000 records/sec write throughput or up to 2 MB/sec or 2,000 records/sec read throughput"; GetRecords: "five
 * transactions per second", and after a reply of 10 MB "subsequent calls made within the next 5 seconds throw
 * ProvisionedThroughputExceededException"; GetShardIterator: "a limit of five transactions per second per account per open shard".
 */
import { MEBIBYTE, MillraceError } from '../../core/index.ts'

/** Rates of one shard; `Infinity` is no limit. All are above 0. */
export interface ShardLimits {
  /** data and partition keys together */
  readonly writeBytesPerSecond: number
  readonly writeRecordsPerSecond: number
  /** of all GetRecords callers together */
  readonly readBytesPerSecond: number
  readonly readCallsPerSecond: number
  readonly iteratorCallsPerSecond: number
}

export const NO_LIMITS: ShardLimits = {
  writeBytesPerSecond: Number.POSITIVE_INFINITY,
  writeRecordsPerSecond: Number.POSITIVE_INFINITY,
  readBytesPerSecond: Number.POSITIVE_INFINITY,
  readCallsPerSecond: Number.POSITIVE_INFINITY,
  iteratorCallsPerSecond: Number.POSITIVE_INFINITY,
}

/** The limits of a shard of the service. */
export const SERVICE_LIMITS: ShardLimits = {
  writeBytesPerSecond: MEBIBYTE,
  writeRecordsPerSecond: 1_000,
  readBytesPerSecond: 2 * MEBIBYTE,
  readCallsPerSecond: 5,
  iteratorCallsPerSecond: 5,
}

/**
 * A second's worth of tokens that fills up steadily. An amount above the whole bucket passes when the bucket is full and is
 * paid back afterwards: so a 10 MiB record or reply passes and the shard then rests, as the service's does.
 */
export class TokenBucket {
  readonly #perSecond: number
  #tokens: number
  #filledAt: number

  /** @param now of the monotonic clock, milliseconds */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
    this.#filledAt = now
  }

  /** Whether an amount may be taken now. */
  allows(amount: number, now: number): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((now - this.#filledAt) / 1_000) * this.#perSecond)
    this.#filledAt = now
    // Sums of fractions of a second fall short by their last bits.
    return this.#tokens + 1e-6 >= Math.min(amount, this.#perSecond)
  }

  take(amount: number): void {
    if (this.#perSecond !== Number.POSITIVE_INFINITY) this.#tokens -= amount
  }
}

/** The buckets of one shard. */
export class ShardThroughput {
  readonly #writeBytes: TokenBucket
  readonly #writeRecords: TokenBucket
  readonly #readBytes: TokenBucket
  readonly #readCalls: TokenBucket
  readonly #iteratorCalls: TokenBucket

  constructor(limits: ShardLimits, now: number) {
    this.#writeBytes = new TokenBucket(limits.writeBytesPerSecond, now)
    this.#writeRecords = new TokenBucket(limits.writeRecordsPerSecond, now)
    this.#readBytes = new TokenBucket(limits.readBytesPerSecond, now)
    this.#readCalls = new TokenBucket(limits.readCallsPerSecond, now)
    this.#iteratorCalls = new TokenBucket(limits.iteratorCallsPerSecond, now)
  }

  /** Takes the room of one record; false when the shard has none. */
  takeWrite(sizeBytes: number, now: number): boolean {
    if (!this.#writeRecords.allows(1, now) || !this.#writeBytes.allows(sizeBytes, now)) return false
    this.#writeRecords.take(1)
    this.#writeBytes.take(sizeBytes)
    return true
  }

  /** Takes a call to read; false when there were too many or too much was read. */
  takeRead(now: number): boolean {
    if (!this.#readCalls.allows(1, now) || !this.#readBytes.allows(1, now)) return false
    this.#readCalls.take(1)
    return true
  }

  /** Takes a call for an iterator; false when there were too many. */
  takeIterator(now: number): boolean {
    if (!this.#iteratorCalls.allows(1, now)) return false
    this.#iteratorCalls.take(1)
    return true
  }

  /** Counts what a call has read. */
  noteRead(sizeBytes: number): void {
    this.#readBytes.take(sizeBytes)
  }
}

const NAMES = Object.keys(NO_LIMITS) as readonly (keyof ShardLimits)[]

/**
 * Limits from parsed JSON: null for none, `service` for those of the service, or rates; a rate left out or null is no limit.
 * @throws MillraceError `invalid_argument`
 */
export function parseLimits(value: unknown): ShardLimits | null {
  if (value === null) return null
  if (value === 'service') return SERVICE_LIMITS
  if (typeof value !== 'object' || Array.isArray(value))
    throw new MillraceError('invalid_argument', `limits must be null, "service", or rates: ${NAMES.join(', ')}`)
  const limits: Record<string, number> = { ...NO_LIMITS }
  for (const [name, rate] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (!NAMES.some(one => one === name))
      throw new MillraceError('invalid_argument', `limits have no member ${name}; members are ${NAMES.join(', ')}`)
    if (rate === null) continue
    if (typeof rate !== 'number' || !(rate > 0))
      throw new MillraceError('invalid_argument', `${name} ${JSON.stringify(rate)} must be a number above 0, or null`)
    limits[name] = rate
  }
  return limits as unknown as ShardLimits
}

/** Limits as JSON can have them: no limit is null. */
export function limitsMembers(limits: ShardLimits | null): object | null {
  if (limits === null) return null
  return Object.fromEntries(NAMES.map(name => [name, Number.isFinite(limits[name]) ? limits[name] : null]))
}
