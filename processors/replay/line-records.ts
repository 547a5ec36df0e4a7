/** Lines as records of a replayed stream: their numbers in the file are their sequence numbers. */
import { createHash } from 'node:crypto'
import type { RecordBatch } from '../../core/record.ts'
import type { LineBatch } from './line-reader.ts'

/** The name of a shard of a replayed stream, in the manner of Kinesis. */
export function replayShardId(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`
}

/** Every line of a batch as a record of one shard. */
export function recordsOf(lines: LineBatch, arrivedAt: Float64Array, shard: number): RecordBatch {
  const { length, bytes, offsets, sizes, numbers } = lines
  const shardId = replayShardId(shard)
  const name = (index: number): string => String(numbers[index])
  return {
    length,
    bytes,
    offsets,
    sizes,
    arrivedAt,
    rowtimes: arrivedAt,
    sequenceNumber: name,
    subsequenceNumber: () => 0,
    partitionKey: name,
    shardId: () => shardId,
  }
}

/**
 * The records of a batch by shard, in order. A line goes where Kinesis would put a record whose partition key is the number of
 * the line: the MD5 of the key is a number from 0 to 2^128 - 1, of which each shard owns an equal range.
 */
export function spread(lines: LineBatch, arrivedAt: Float64Array, shards: number): readonly RecordBatch[] {
  if (shards === 1) return [recordsOf(lines, arrivedAt, 0)]
  const members: number[][] = Array.from({ length: shards }, () => [])
  for (let i = 0; i < lines.length; i++) {
    const top = createHash('md5').update(String(lines.numbers[i])).digest().readUInt32BE(0)
    members[Math.floor((top * shards) / 0x1_0000_0000)]?.push(i)
  }
  return members.map((indexes, shard) =>
    recordsOf(
      {
        length: indexes.length,
        bytes: lines.bytes,
        offsets: Int32Array.from(indexes, i => lines.offsets[i] ?? 0),
        sizes: Int32Array.from(indexes, i => lines.sizes[i] ?? 0),
        numbers: Float64Array.from(indexes, i => lines.numbers[i] ?? 0),
      },
      Float64Array.from(indexes, i => arrivedAt[i] ?? 0),
      shard,
    ),
  )
}

/** A part `[from, to)` of a batch of one shard. */
export function slice(batch: RecordBatch, from: number, to: number): RecordBatch {
  if (from === 0 && to === batch.length) return batch
  return {
    length: to - from,
    bytes: batch.bytes,
    offsets: batch.offsets.subarray(from, to),
    sizes: batch.sizes.subarray(from, to),
    arrivedAt: batch.arrivedAt.subarray(from, to),
    rowtimes: batch.rowtimes.subarray(from, to),
    sequenceNumber: index => batch.sequenceNumber(from + index),
    subsequenceNumber: index => batch.subsequenceNumber(from + index),
    partitionKey: index => batch.partitionKey(from + index),
    shardId: index => batch.shardId(from + index),
  }
}
