/** The entries of a call, by partition, and what became of them. */
import type { PutEntry, PutOutcome } from '../put-target.ts'
import type { KafkaMessage, KafkaReceipt } from './client.ts'
import { asBuffer } from './partitions.ts'

export interface PartitionBatch {
  readonly partition: number
  /** where its entries stand in the call */
  readonly places: readonly number[]
  readonly messages: readonly KafkaMessage[]
}

/** One batch for each partition, entries in their order. */
export function batchesOf(entries: readonly PutEntry[], partitions: readonly number[]): readonly PartitionBatch[] {
  const batches = new Map<number, { places: number[]; messages: KafkaMessage[] }>()
  entries.forEach(({ data, partitionKey, headers }, place) => {
    const partition = partitions[place] ?? 0
    let batch = batches.get(partition)
    if (batch === undefined) batches.set(partition, (batch = { places: [], messages: [] }))
    batch.places.push(place)
    batch.messages.push({
      key: partitionKey === '' ? null : Buffer.from(partitionKey),
      value: asBuffer(data),
      partition,
      ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    })
  })
  return Array.from(batches, ([partition, batch]) => ({ partition, ...batch }))
}

/** Two batches that hold the first and the second half of one. */
export function halvesOf({ partition, places, messages }: PartitionBatch): readonly PartitionBatch[] {
  const middle = places.length >> 1
  return [
    { partition, places: places.slice(0, middle), messages: messages.slice(0, middle) },
    { partition, places: places.slice(middle), messages: messages.slice(middle) },
  ]
}

/** Where each message of a batch lies: its partition, and its offset where the broker told the first one's (never with acks 0). */
export function storedOutcomes({ partition, places }: PartitionBatch, receipts: readonly KafkaReceipt[]): PutOutcome[] {
  const base = receipts.find(receipt => receipt.partition === partition)?.baseOffset
  const known = base !== undefined && base !== '' && BigInt(base) >= 0n
  return places.map((_, index) => ({
    shardId: String(partition),
    sequenceNumber: known ? String(BigInt(base) + BigInt(index)) : '',
  }))
}

function headersOf(headers: Readonly<Record<string, Uint8Array | string>>): Record<string, Buffer | string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : asBuffer(value)]),
  )
}
