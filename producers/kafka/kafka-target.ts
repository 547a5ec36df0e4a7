/**
 * Puts into a Kafka topic through kafkajs, which the caller passes in; nothing here imports it.
 *
 * ```ts
 * import { Kafka } from 'kafkajs'
 * const target = kafkaTarget({ client: new Kafka({ brokers: ['127.0.0.1:9092'] }), topic: 'clicks', env, idempotent: true })
 * ```
 *
 * kafkajs neither lingers nor tells what became of each partition of a batch, and with several idempotent batches under way for
 * one partition it can lose one without a word: when the first is repeated after a lost reply, the second has taken its sequence
 * number, and the broker drops it as a repeat. So the producer's own collector joins records, each partition's part of a call is
 * a batch of its own, and where batches are numbered they go one after the other.
 *
 *   plain          partitions side by side; a batch that failed is repeated by the producer and may then be stored twice
 *   idempotent     one batch of a partition at a time, repeated until its end is known or its records have expired. kafkajs takes
 *                  the sequence number of a failed batch back, so a repeat of the same batch has the same number
 *   transactional  one call at a time is one transaction: readers with `read_committed` see all of it or nothing
 */
import { type Env, MillraceError } from '../../core/index.ts'
import type { PutTarget, TargetCapabilities } from '../put-target.ts'
import type { KafkaLike } from './client.ts'
import type { Partitioner } from './partitions.ts'
import { Sender } from './sender.ts'

export interface KafkaTargetOptions {
  readonly client: KafkaLike
  readonly env: Pick<Env, 'clock' | 'random'>
  readonly topic: string
  /** who must have a batch before it counts as stored: -1 (default) all in-sync replicas, 1 the leader, 0 nobody */
  readonly acks?: -1 | 0 | 1
  /** default none. kafkajs brings gzip; a codec for another must be registered with it */
  readonly compression?: KafkaCompression
  /** a lost reply stores nothing twice; needs acks -1. Default false */
  readonly idempotent?: boolean
  /** each call is a transaction under this id, of one live producer at a time; needs acks -1 */
  readonly transactionalId?: string
  /** after how long the broker aborts a transaction that was left, milliseconds; default 60,000 */
  readonly transactionTimeout?: number
  /** how long the broker may wait for replicas, milliseconds; default 30,000 */
  readonly timeout?: number
  /** bytes of one call, keys included; default 1,000,000, which leaves room below the broker's own `message.max.bytes` of 1,048,588 */
  readonly maxBatchBytes?: number
  /** kafkajs's `createPartitioner`; default: by the key's murmur2 hash, as the Java client */
  readonly createPartitioner?: () => Partitioner
  /** how long a list of partitions is believed, milliseconds; default 300,000 */
  readonly metadataMaxAge?: number
  /** a missing topic is made with the broker's defaults; default false */
  readonly allowAutoTopicCreation?: boolean
}

const COMPRESSIONS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
export type KafkaCompression = keyof typeof COMPRESSIONS

/** A target that holds connections. */
export interface KafkaTarget extends PutTarget {
  readonly capabilities: TargetCapabilities
  close(): Promise<void>
}

/** @throws MillraceError `config` for settings that do not go together */
export function kafkaTarget(options: KafkaTargetOptions): KafkaTarget {
  const { topic, acks = -1, compression = 'none', maxBatchBytes = 1_000_000 } = options
  const transactional = options.transactionalId !== undefined
  const numbered = transactional || options.idempotent === true
  if (topic === '') throw new MillraceError('config', 'kafka target has an empty topic; give its name')
  if (COMPRESSIONS[compression] === undefined)
    throw new MillraceError(
      'config',
      `kafka target has compression ${String(compression)}; give one of ${Object.keys(COMPRESSIONS).join(', ')}`,
    )
  if (numbered && acks !== -1)
    throw new MillraceError(
      'config',
      `kafka target has acks ${acks} with ${transactional ? 'a transactionalId' : 'idempotent'}, which needs acks -1`,
    )
  const { client, env, transactionalId, transactionTimeout } = options
  const sender = new Sender({
    client,
    env,
    batch: { topic, acks, timeout: options.timeout ?? 30_000, compression: COMPRESSIONS[compression] },
    numbered,
    transactionalId,
    transactionTimeout,
    metadataMaxAge: options.metadataMaxAge ?? 300_000,
    allowAutoTopicCreation: options.allowAutoTopicCreation ?? false,
    partitioner: options.createPartitioner?.() ?? null,
  })
  return {
    streamName: topic,
    callBytesMax: maxBatchBytes,
    capabilities: { routing: 'partition', headers: true, ordered: numbered, idempotent: numbered, transactional },
    putRecords: (entries, signal) => sender.put(entries, signal),
    close: () => sender.close(),
  }
}
