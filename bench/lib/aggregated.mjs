// Records that a producer packed, the product's way of unpacking them and one by hand; and shards of them.
import { createHash } from 'node:crypto'
import { buffersOfBatch } from './clicks.mjs'
import { DeaggregatedSource, encodeAggregate, RecordBatchBuilder } from './product.mjs'

export const USER_RECORDS_PER_AGGREGATE = 100
/** Some 1 MB, what a shard takes in a second. */
const RECORDS_PER_READ = 40

/** The records of a batch as aggregates of one shard, each with the arrival of its first user record. */
export function aggregatesOf(batch) {
  const data = buffersOfBatch(batch)
  const builder = new RecordBatchBuilder()
  for (let from = 0; from < data.length; from += USER_RECORDS_PER_AGGREGATE) {
    const items = data
      .slice(from, from + USER_RECORDS_PER_AGGREGATE)
      .map((record, i) => ({ partitionKey: `u${i % 20}`, data: record }))
    builder.add({
      data: encodeAggregate(items),
      arrivedAt: batch.arrivedAt[from],
      rowtime: batch.arrivedAt[from],
      sequenceNumber: String(from),
      subsequenceNumber: 0,
      partitionKey: 'a',
      shardId: shardOf(0),
    })
  }
  return builder.take()
}

const shardOf = index => `shardId-${String(index).padStart(12, '0')}`

/** Aggregates dealt out over shards in turn: by shard a list of record batches, as reads give them. */
export function overShards(batches, shards) {
  return Array.from({ length: shards }, (_unused, shard) => {
    const reads = []
    const builder = new RecordBatchBuilder()
    let next = 0
    for (const batch of batches)
      for (let i = 0; i < batch.length; i++) {
        if (next++ % shards !== shard) continue
        const start = batch.offsets[i]
        builder.add({
          data: batch.bytes.subarray(start, start + batch.sizes[i]),
          arrivedAt: batch.arrivedAt[i],
          rowtime: batch.arrivedAt[i],
          sequenceNumber: String(next),
          subsequenceNumber: 0,
          partitionKey: 'a',
          shardId: shardOf(shard),
        })
        if (builder.length === RECORDS_PER_READ) reads.push(builder.take())
      }
    if (builder.length > 0) reads.push(builder.take())
    return reads
  })
}

/** A stream of shards that have ended, as the product reads it: unpacked. @param shards lists of record batches */
export function unpackingSource(shards) {
  const openShard = async shardId => {
    const reads = shards[Number(shardId.slice(-12))]
    let next = 0
    return {
      shardId,
      read: async () => ({
        records: reads[next++],
        millisBehindLatest: 0,
        requestedAt: 0,
        ended: next === reads.length,
      }),
      close: async () => {},
    }
  }
  const listShards = async () =>
    shards.map((_reads, index) => ({
      shardId: shardOf(index),
      parentShardIds: [],
      startingHashKey: 0n,
      endingHashKey: 0n,
      closed: true,
    }))
  const source = { streamName: 'bench', listShards, openShard, wait: async () => {}, close: async () => {} }
  return new DeaggregatedSource(source)
}

/** The product's way of unpacking. */
export async function unpacked(aggregates) {
  const signal = new AbortController().signal
  const shard = await unpackingSource([aggregates]).openShard(shardOf(0), { kind: 'trimHorizon' })
  const batches = []
  for (let i = 0; i < aggregates.length; i++) batches.push((await shard.read(10_000, signal)).records)
  return batches
}

/** The fields that a reader needs of the protobuf message, by hand: data of each record; the rest is skipped. */
export function userRecordsByHand(record) {
  const end = record.length - 16
  const digest = createHash('md5').update(record.subarray(4, end)).digest()
  if (digest.compare(record, end) !== 0) throw new Error('another digest')
  const records = []
  let at = 4
  const varint = () => {
    let [value, factor] = [0, 1]
    for (;;) {
      const byte = record[at++]
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
  }
  while (at < end) {
    const field = varint()
    const size = varint()
    const stop = at + size
    if (field === 26)
      while (at < stop) {
        const inner = varint()
        if ((inner & 7) === 0) varint()
        else {
          const length = varint()
          if (inner === 26) records.push(record.subarray(at, at + length))
          at += length
        }
      }
    at = stop
  }
  return records
}
