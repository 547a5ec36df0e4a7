/** Consumers with enhanced fan-out: who is registered, in which state, and who reads which shard now. */
import { type Clock, MillraceError } from '../../core/index.ts'
import type { KeptDescription } from './kept-description.ts'
import type { ConsumerRecord, Tag } from './stream-file.ts'

/** RegisterStreamConsumer: "You can register up to 20 consumers per stream". */
export const CONSUMERS_MAX = 20
/** SubscribeToShard: a call within 5 seconds of a successful one "you'll get a ResourceInUseException"; later ones take over. */
const TAKE_OVER_AFTER_MS = 5_000

export type ConsumerStatus = 'CREATING' | 'ACTIVE' | 'DELETING'

interface Subscription {
  readonly startedAt: number
  readonly ended: AbortController
  isOver: boolean
}

export interface Consumer extends ConsumerRecord {
  readonly status: ConsumerStatus
}

export class Consumers {
  readonly #clock: Clock
  readonly #kept: KeptDescription
  readonly #delayMs: number
  readonly #activeAt = new Map<string, number>()
  readonly #deleting = new Set<string>()
  /** the last one of each consumer and shard, until it has ended and a new one would not be refused */
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(clock: Clock, kept: KeptDescription, delayMs: number) {
    this.#clock = clock
    this.#kept = kept
    this.#delayMs = delayMs
  }

  /** by name */
  list(): readonly Consumer[] {
    return this.#kept.current.consumers
      .map(consumer => ({ ...consumer, status: this.#statusOf(consumer) }))
      .toSorted((a, b) => (a.consumerName < b.consumerName ? -1 : 1))
  }

  find(consumerName: string): Consumer | undefined {
    return this.list().find(consumer => consumer.consumerName === consumerName)
  }

  /** @throws MillraceError `already_exists`, `limit_exceeded` above 20, `unwritable_output` */
  async register(consumerName: string, tags: readonly Tag[]): Promise<Consumer> {
    const { consumers, streamName } = this.#kept.current
    if (consumers.some(consumer => consumer.consumerName === consumerName))
      throw new MillraceError('already_exists', `consumer ${consumerName} of stream ${streamName} exists already`)
    if (consumers.length >= CONSUMERS_MAX)
      throw new MillraceError(
        'limit_exceeded',
        `stream ${streamName} has ${consumers.length} consumers, the most that it takes; deregister one first`,
      )
    const createdAt = this.#clock.now()
    const record: ConsumerRecord = { consumerName, createdAt, tags }
    this.#activeAt.set(consumerName, createdAt + this.#delayMs)
    await this.#kept.change({ consumers: [...consumers, record] })
    return { ...record, status: this.#statusOf(record) }
  }

  /** Takes a consumer away, and ends its subscriptions; where states last a while, when its time is over. */
  async deregister(consumerName: string): Promise<void> {
    this.#deleting.add(consumerName)
    const remove = async (): Promise<void> => {
      this.#deleting.delete(consumerName)
      this.#activeAt.delete(consumerName)
      for (const [key, { ended }] of this.#subscriptions) if (key.startsWith(`${consumerName}/`)) ended.abort()
      const consumers = this.#kept.current.consumers.filter(consumer => consumer.consumerName !== consumerName)
      await this.#kept.change({ consumers })
    }
    if (this.#delayMs <= 0) return remove()
    // What cannot be written now is written with the next change.
    void this.#clock
      .sleep(this.#delayMs)
      .then(remove)
      .catch(() => {})
  }

  /**
   * Begins a subscription; one that reads the same shard ends.
   * @returns `ended` is aborted when another takes over; `end` must be called when reading ends
   * @throws MillraceError `already_exists` within 5 seconds of the last one
   */
  subscribe(consumerName: string, shardId: string): { readonly ended: AbortSignal; readonly end: () => void } {
    const key = `${consumerName}/${shardId}`
    const now = this.#clock.monotonicMs()
    const last = this.#subscriptions.get(key)
    if (last !== undefined && now - last.startedAt < TAKE_OVER_AFTER_MS)
      throw new MillraceError(
        'already_exists',
        `Another active subscription exists for this consumer: consumer ${consumerName} of shard ${shardId} subscribed less than ${TAKE_OVER_AFTER_MS / 1_000} seconds ago.`,
      )
    last?.ended.abort()
    for (const [other, { isOver, startedAt }] of this.#subscriptions)
      if (isOver && now - startedAt >= TAKE_OVER_AFTER_MS) this.#subscriptions.delete(other)
    const subscription: Subscription = { startedAt: now, ended: new AbortController(), isOver: false }
    this.#subscriptions.set(key, subscription)
    return {
      ended: subscription.ended.signal,
      end: () => {
        subscription.isOver = true
      },
    }
  }

  #statusOf({ consumerName }: ConsumerRecord): ConsumerStatus {
    if (this.#deleting.has(consumerName)) return 'DELETING'
    return this.#clock.now() < (this.#activeAt.get(consumerName) ?? 0) ? 'CREATING' : 'ACTIVE'
  }
}
