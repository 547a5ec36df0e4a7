/** GetRecords: the reply is written from the blocks into one buffer, without an object a record. */
import { GET_RECORDS_RECORDS_MAX } from '../../../core/index.ts'
import type { LocalStream, RawRecords } from '../local-stream.ts'
import { sequenceNumberOf } from '../sequence-counter.ts'
import { Instant } from './cbor.ts'
import { JSON_PROTOCOL, type Protocol } from './protocol.ts'
import type { Answer } from './service.ts'
import { shardMembers } from './shard-members.ts'
import type { Rules } from './validate.ts'

export const GET_RECORDS_RULES: Rules = {
  ShardIterator: { type: 'string', required: true, min: 1, max: 512 },
  // Above 10,000: "GetRecords throws InvalidArgumentException" (API reference), so the stream itself refuses that.
  Limit: { type: 'integer', min: 1 },
  StreamARN: { type: 'string' },
}

/** Bytes of a record in the reply beside its data and key: member names, a sequence number, a time. */
const RECORD_BYTES = 270
/** Characters that are joined before they are written. */
const TEXT_LENGTH = 65_536
/** A key that JSON writes as it is. */
const PLAIN_KEY = /^[ !#-[\]-~]*$/

export async function getRecords(
  stream: LocalStream,
  iterator: string,
  limit: number | undefined,
  protocol: Protocol,
): Promise<Answer> {
  const read = await stream.read(iterator, limit ?? GET_RECORDS_RECORDS_MAX)
  const { millisBehindLatest: MillisBehindLatest, nextIterator, childShards } = read
  const rest = {
    MillisBehindLatest,
    NextShardIterator: nextIterator ?? undefined,
    ChildShards: childShards.length === 0 ? undefined : childShards.map(shard => shardMembers(shard, null)),
  }
  const EncryptionType = stream.description.encryptionKeyId === null ? undefined : 'KMS'
  return protocol === JSON_PROTOCOL
    ? recordsJson(read, EncryptionType, rest)
    : { Records: recordMembers(read, EncryptionType), ...rest }
}

/** The records as members of a reply, their data as views. */
export function recordMembers({ slices }: RawRecords, EncryptionType: string | undefined): readonly object[] {
  return slices.flatMap(({ block, from, to }) =>
    Array.from({ length: to - from }, (_, i) => {
      const start = block.dataStart(from + i)
      return {
        ApproximateArrivalTimestamp: new Instant(block.arrivedAt(from + i)),
        Data: block.bytes.subarray(start, start + block.dataSize(from + i)),
        EncryptionType,
        PartitionKey: block.partitionKey(from + i),
        SequenceNumber: sequenceNumberOf(block.counter(from + i)),
      }
    }),
  )
}

/** Records and the other members of a reply as JSON. */
export function recordsJson({ slices }: RawRecords, encryptionType: string | undefined, rest: object): Uint8Array {
  const tail = `],${JSON.stringify(rest).slice(1)}`
  const encryption = encryptionType === undefined ? '' : `,"EncryptionType":"${encryptionType}"`
  let mostBytes = Buffer.byteLength(tail) + 16
  for (const { block, from, to } of slices)
    for (let i = from; i < to; i++)
      // A key's character is at most 6 bytes of JSON.
      mostBytes += RECORD_BYTES + Math.ceil(block.dataSize(i) / 3) * 4 + block.partitionKey(i).length * 6
  const out = Buffer.allocUnsafe(mostBytes)
  let at = 0
  // Texts are joined before they are written: a call into the buffer costs more than most records.
  let text = '{"Records":['
  let comma = ''
  let arrivedAt = Number.NaN
  let head = ''
  let isAscii = true
  for (const { block, from, to } of slices) {
    const { buffer, byteOffset, length } = block.bytes
    const bytes = Buffer.from(buffer, byteOffset, length)
    for (let i = from; i < to; i++) {
      if (block.arrivedAt(i) !== arrivedAt) {
        arrivedAt = block.arrivedAt(i)
        head = `{"ApproximateArrivalTimestamp":${arrivedAt / 1_000},"Data":"`
      }
      const start = block.dataStart(i)
      const key = block.partitionKey(i)
      const isPlain = PLAIN_KEY.test(key)
      if (!isPlain) isAscii = false
      const data = bytes.toString('base64', start, start + block.dataSize(i))
      const keyText = isPlain ? `"${key}"` : JSON.stringify(key)
      text += `${comma}${head}${data}","PartitionKey":${keyText},"SequenceNumber":"${sequenceNumberOf(block.counter(i))}"${encryption}}`
      comma = ','
      if (text.length < TEXT_LENGTH) continue
      at += out.write(text, at, isAscii ? 'latin1' : 'utf8')
      text = ''
      isAscii = true
    }
  }
  at += out.write(text, at, 'utf8')
  at += out.write(tail, at, 'utf8')
  return out.subarray(0, at)
}
