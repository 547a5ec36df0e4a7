/** How many events a client may send: one token bucket for each address, for as many addresses as the limit says. */
import type { Clock } from '../../core/index.ts'

interface Bucket {
  tokens: number
  filledAt: number
}

export interface ClientRatesOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly perSecond: number
  /** tokens of a client that was silent */
  readonly burst: number
  readonly clientsMax: number
}

export class ClientRates {
  readonly #options: ClientRatesOptions
  /** the client that was seen longest ago stands first */
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: ClientRatesOptions) {
    this.#options = options
  }

  /** Takes tokens, all or none. @returns milliseconds until they are there; 0: they were taken */
  take(client: string, tokens: number): number {
    const { perSecond, burst, clientsMax, clock } = this.#options
    const now = clock.monotonicMs()
    const bucket = this.#buckets.get(client) ?? { tokens: burst, filledAt: now }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1_000) * perSecond)
    bucket.filledAt = now
    this.#buckets.delete(client)
    if (this.#buckets.size >= clientsMax) this.#buckets.delete(this.#buckets.keys().next().value ?? '')
    this.#buckets.set(client, bucket)
    // More than a full bucket never fits, and must pass at last.
    const needed = Math.min(tokens, burst)
    if (bucket.tokens < needed) return Math.ceil(((needed - bucket.tokens) / perSecond) * 1_000)
    bucket.tokens -= needed
    return 0
  }
}
