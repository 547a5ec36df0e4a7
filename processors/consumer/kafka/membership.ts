/**
 * One life of a kafkajs consumer in its group, first connection to last. What it does for the consumer:
 *
 *   joins ─► assigned ─► batches ... ─► leaving (the group rebalances, and waits) ─► assigned ─► ... ─► ended
 *
 * It never starts itself anew: who holds it does, with another one, so that nothing of an old life is left over.
 */
import type { Clock } from '../../../core/index.ts'
import { textOf } from '../consumer-event.ts'
import { assignerWith } from './assigner.ts'
import type {
  KafkaBatchLike,
  KafkaConsumerClientLike,
  KafkaConsumerLike,
  KafkaEachBatchLike,
  KafkaOffsets,
} from './client.ts'

/** kafkajs's names and units (milliseconds, bytes). */
export interface KafkaGroupSettings {
  /** after so long without a heartbeat the group gives the partitions away. Default 30,000 */
  readonly sessionTimeout: number
  /** how long the group waits for its members when it rebalances. Default 60,000 */
  readonly rebalanceTimeout: number
  /** Default 3,000 */
  readonly heartbeatInterval: number
  /** of one fetch. Default 1 MiB */
  readonly maxBytesPerPartition: number
  /** Default 1 */
  readonly minBytes: number
  /** of one fetch. Default 10 MiB */
  readonly maxBytes: number
  /** how long a fetch waits for `minBytes`, and how soon a paused partition goes on. Default 500, as the Java client; kafkajs has 5,000 */
  readonly maxWaitTimeInMs: number
  /** true: records of transactions that are open or were aborted come as well. Default false */
  readonly readUncommitted: boolean
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface MembershipListener {
  /** These partitions and no others. Nothing is fetched of them before `begin`. */
  assigned(partitions: readonly TopicPartition[]): void
  /** The group rebalances and waits for this: end all partitions. Never rejects. */
  leaving(): Promise<void>
  /** False: it is not taken, and `begin` says where to go on. */
  batch(batch: KafkaBatchLike): boolean
  /** Offsets up to and with the last were passed over, since readers do not see them. */
  skipped(at: TopicPartition, firstOffset: string | null, lastOffset: string): void
  /** The broker has heard of this member now. */
  heard(): void
  /** This life is over. @param mayRepeat whether another one may fare better */
  ended(because: string, mayRepeat: boolean): void
}

export interface MembershipOptions {
  readonly client: KafkaConsumerClientLike
  readonly groupId: string
  readonly topics: readonly string[]
  readonly settings: KafkaGroupSettings
  readonly clock: Pick<Clock, 'every' | 'sleep'>
  readonly listener: MembershipListener
}

/** How long leaving the group may take. */
const LEAVE_MS = 10_000

export class Membership {
  readonly #options: MembershipOptions
  readonly #consumer: KafkaConsumerLike
  #payload: KafkaEachBatchLike | null = null
  /** counts joins: a commit of an earlier one must not go out under the name of a later one */
  #generation = 0
  #hasEnded = false

  constructor(options: MembershipOptions) {
    const { client, groupId, settings, listener } = options
    this.#options = options
    this.#consumer = client.consumer({
      groupId,
      ...settings,
      allowAutoTopicCreation: false,
      partitionAssigners: [assignerWith(() => this.#beforeJoin())],
      retry: { restartOnFailure: () => Promise.resolve(false) },
    })
    const on = (event: string, listen: (payload: never) => void): void => {
      this.#consumer.on(event as never, (({ payload }: { readonly payload: never }) => listen(payload)) as never)
    }
    on('consumer.group_join', (payload: { readonly memberAssignment: Readonly<Record<string, readonly number[]>> }) =>
      this.#joined(payload.memberAssignment),
    )
    on('consumer.heartbeat', () => listener.heard())
    on('consumer.commit_offsets', () => listener.heard())
    on('consumer.crash', ({ error }: { readonly error: unknown }) => this.#end(textOf(error), mayRepeat(error)))
    on(
      'consumer.start_batch_process',
      (payload: {
        readonly topic: string
        readonly partition: number
        readonly batchSize: number
        readonly firstOffset: string | null
        readonly lastOffset: string
      }) => {
        if (payload.batchSize === 0) listener.skipped(payload, payload.firstOffset, payload.lastOffset)
      },
    )
  }

  /** The number of the last join. */
  get generation(): number {
    return this.#generation
  }

  /** Joins, and fetches from then on. @throws what kafkajs throws */
  async start(): Promise<void> {
    const { topics, listener } = this.#options
    await this.#consumer.connect()
    // Never from the end: where a partition begins is settled here, and an offset that is not there any more must lose nothing.
    await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: payload => {
        this.#payload = payload
        if (listener.batch(payload.batch)) payload.resolveOffset(payload.batch.lastOffset())
        return Promise.resolve()
      },
    })
    // A member that joined while it left is in the group all the same, and would hold partitions that nobody reads.
    if (this.#hasEnded) await this.#disconnect()
  }

  /** Fetches a partition from an offset on. */
  begin({ topic, partition }: TopicPartition, offset: bigint): void {
    this.#consumer.seek({ topic, partition, offset: String(offset) })
    this.#consumer.resume([{ topic, partitions: [partition] }])
  }

  pause({ topic, partition }: TopicPartition): void {
    if (!this.#hasEnded) this.#consumer.pause([{ topic, partitions: [partition] }])
  }

  resume({ topic, partition }: TopicPartition): void {
    if (!this.#hasEnded) this.#consumer.resume([{ topic, partitions: [partition] }])
  }

  /**
   * Commits once, in the generation that the member is in now: the group's coordinator refuses it when there is a later one.
   * @throws what kafkajs throws
   */
  async commit({ topic, partition }: TopicPartition, offset: bigint, metadata: string): Promise<void> {
    const offsets: KafkaOffsets = { topics: [{ topic, partitions: [{ partition, offset: String(offset), metadata }] }] }
    // That of a batch commits once; the consumer's own tries again, perhaps in a later generation, and does nothing when it stops.
    if (this.#payload !== null) return this.#payload.commitOffsetsIfNecessary(offsets)
    await this.#consumer.commitOffsets([{ topic, partition, offset: String(offset), metadata }])
  }

  /** Leaves the group, so that others get the partitions at once. Resolves in any case. */
  async leave(): Promise<void> {
    this.#hasEnded = true
    await Promise.race([this.#disconnect(), this.#options.clock.sleep(LEAVE_MS)])
  }

  async #disconnect(): Promise<void> {
    await this.#consumer.disconnect().catch(() => {})
  }

  #joined(assignment: Readonly<Record<string, readonly number[]>>): void {
    const { listener } = this.#options
    this.#generation++
    // A life that is over may still join once more, where it had asked before it ended.
    if (this.#hasEnded) return void this.#disconnect()
    const partitions = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map(partition => ({ topic, partition })),
    )
    // At once, as the next fetch begins when this returns.
    for (const at of partitions) this.pause(at)
    listener.heard()
    listener.assigned(partitions)
  }

  /** @throws an error that kafkajs does not repeat, once this life is over: it must not come back into the group */
  async #beforeJoin(): Promise<void> {
    this.#mustLive()
    const { clock, settings, listener } = this.#options
    // The group waits, but only for members that it hears of.
    const stop = clock.every(settings.heartbeatInterval, () => {
      this.#payload?.heartbeat().catch(() => {})
    })
    try {
      await listener.leaving()
    } finally {
      stop()
    }
    this.#mustLive()
  }

  #mustLive(): void {
    if (this.#hasEnded)
      throw Object.assign(new Error(`this member of group ${this.#options.groupId} has ended`), { retriable: false })
  }

  #end(because: string, repeatable: boolean): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#options.listener.ended(because, repeatable)
  }
}

/** What kafkajs says of the first cause: of a refusal it says false, of a broker that is not ready true, of a socket nothing. */
export function mayRepeat(error: unknown): boolean {
  const { cause, retriable } = error as { readonly cause?: unknown; readonly retriable?: boolean }
  return cause instanceof Error ? mayRepeat(cause) : retriable !== false
}
