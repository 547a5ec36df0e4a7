/** GetRecords: the reply is written from the blocks into one buffer, without an object a record. */
import { GET_RECORDS_RECORDS_MAX } from '../../../core/index.ts'
import type { LocalStream, RawRecords } from '../local-stream.ts'
import { sequenceNumberOf } from '../sequence-counter.ts'
import { shardJson } from './shard-json.ts'
import type { Rules } from './validate.ts'

export const GET_RECORDS_RULES: Rules = {
  ShardIterator: { type: 'string', required: true, min: 1, max: 512 },
  Limit: { type: 'integer', min: 1, max: GET_RECORDS_RECORDS_MAX },
  StreamARN: { type: 'string' },
}

/** Bytes of a record in the reply beside its data and key: member names, a sequence number, a time. */
const RECORD_BYTES = 240

export async function getRecords(
  stream: LocalStream,
  iterator: string,
  limit: number | undefined,
): Promise<Uint8Array> {
  const read = await stream.read(iterator, limit ?? GET_RECORDS_RECORDS_MAX)
  let tail = `],"MillisBehindLatest":${read.millisBehindLatest}`
  if (read.nextIterator !== null) tail += `,"NextShardIterator":"${read.nextIterator}"`
  if (read.childShards.length > 0)
    tail += `,"ChildShards":[${read.childShards.map(shard => shardJson(shard, null)).join(',')}]`
  tail += '}'
  return recordsJson(read, tail)
}

function recordsJson({ slices }: RawRecords, tail: string): Uint8Array {
  let mostBytes = tail.length + 16
  for (const { block, from, to } of slices)
    for (let i = from; i < to; i++)
      // A key's character is at most 6 bytes of JSON.
      mostBytes += RECORD_BYTES + Math.ceil(block.dataSize(i) / 3) * 4 + block.partitionKey(i).length * 6
  const out = Buffer.allocUnsafe(mostBytes)
  let at = out.write('{"Records":[', 'latin1')
  let comma = ''
  for (const { block, from, to } of slices) {
    const { buffer, byteOffset, length } = block.bytes
    const bytes = Buffer.from(buffer, byteOffset, length)
    for (let i = from; i < to; i++) {
      const start = block.dataStart(i)
      at += out.write(`${comma}{"ApproximateArrivalTimestamp":${block.arrivedAt(i) / 1_000},"Data":"`, at, 'latin1')
      at += out.write(bytes.toString('base64', start, start + block.dataSize(i)), at, 'latin1')
      at += out.write(`","PartitionKey":${JSON.stringify(block.partitionKey(i))},"SequenceNumber":"`, at)
      at += out.write(`${sequenceNumberOf(block.counter(i))}"}`, at, 'latin1')
      comma = ','
    }
  }
  at += out.write(tail, at, 'latin1')
  return out.subarray(0, at)
}
