/** Messages as kafkajs gives them, made records of a fetch. A partition is a shard, and an offset a sequence number. */
import { type RecordBatch, RecordBatchBuilder } from '../../../core/index.ts'
import type { KafkaDetails } from '../consumer-record.ts'
import { DeaggregatedRecords } from '../deaggregated-records.ts'
import type { KafkaMessageLike } from './client.ts'

/** The name of a partition as Kafka's own tools write it: `clicks-3`. */
export function shardIdOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

export interface KafkaRecordBatch extends RecordBatch {
  kafka(index: number): KafkaDetails
}

const EMPTY = new Uint8Array()

export function kafkaRecordBatch(
  topic: string,
  partition: number,
  messages: readonly KafkaMessageLike[],
): KafkaRecordBatch {
  const builder = new RecordBatchBuilder()
  const shardId = shardIdOf(topic, partition)
  for (const { key, value, timestamp, offset } of messages) {
    const arrivedAt = Number(timestamp)
    builder.add({
      data: value ?? EMPTY,
      arrivedAt,
      rowtime: arrivedAt,
      sequenceNumber: offset,
      subsequenceNumber: 0,
      partitionKey: key === null ? '' : textOf(key),
      shardId,
    })
  }
  return Object.assign(builder.take(), {
    kafka(index: number): KafkaDetails {
      const message = messages[index]
      return {
        topic,
        partition,
        key: message?.key ?? null,
        headers: headersOf(message?.headers),
        isTombstone: message?.value === null,
      }
    },
  })
}

/** The records of a fetch with what Kafka says of each; aggregates of the KPL are unpacked only where that is asked for. */
export class KafkaRecords extends DeaggregatedRecords {
  readonly #batch: KafkaRecordBatch

  /** @param batch of `kafkaRecordBatch` */
  constructor(batch: KafkaRecordBatch, unpacks: boolean) {
    super(batch, null, unpacks)
    this.#batch = batch
  }

  kafka(index: number): KafkaDetails {
    return this.#batch.kafka(this.carrier(index))
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

function headersOf(given: KafkaMessageLike['headers']): KafkaDetails['headers'] {
  // Names come from whoever produced the message.
  const headers: Record<string, readonly Uint8Array[]> = Object.create(null) as Record<string, readonly Uint8Array[]>
  for (const [name, value] of Object.entries(given ?? {})) {
    const values = value === undefined ? [] : typeof value === 'string' || value instanceof Uint8Array ? [value] : value
    headers[name] = values.map(one => (typeof one === 'string' ? Buffer.from(one) : one))
  }
  return headers
}
