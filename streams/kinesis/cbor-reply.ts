/** Replies in the CBOR protocol (application/x-amz-cbor-1.1): data come as bytes, so that nothing has to be decoded. */
import { type CborMeaning, readCbor } from '../cbor-reader.ts'
import { batchOfReply, brokenReply, childShardsOf, type KinesisReply, member } from './reply.ts'

/** A value with a tag; replies tag instants. */
class Tagged {
  readonly tag: number
  readonly value: unknown
  constructor(tag: number, value: unknown) {
    this.tag = tag
    this.value = value
  }
}

const REPLY: CborMeaning = {
  isTextStrict: false,
  tagged: (tag, item) => new Tagged(tag, item),
  broken: why => brokenReply(`its CBOR is broken: ${why}`),
}

/** RFC 8949, section 3.4.2: an instant as a number. */
const TAG_EPOCH = 1
/** Services count milliseconds below this tag, RFC 8949 seconds; no instant in seconds is as large, and none in milliseconds as small. */
const SECONDS_MAX = 1e11

/**
 * @param chunks the whole body, in pieces as they came
 * @throws MillraceError `internal` with retry `backoff` when it is no reply
 */
export function readCborReply(chunks: readonly Uint8Array[], shardId: string): KinesisReply {
  const [only] = chunks
  const body = readCbor(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks), REPLY)
  const records = member(body, 'Records')
  const behind = member(body, 'MillisBehindLatest')
  if (!Array.isArray(records)) throw brokenReply('Records is no list')
  if (typeof behind !== 'number' || behind < 0) throw brokenReply('MillisBehindLatest is no number')
  const sizes = new Int32Array(records.length)
  const arrivedAt = new Float64Array(records.length)
  const keys: string[] = []
  const numbers: string[] = []
  const data = records.map((record: unknown, i) => {
    const bytes = member(record, 'Data')
    const key = member(record, 'PartitionKey')
    const number = member(record, 'SequenceNumber')
    if (!(bytes instanceof Uint8Array)) throw brokenReply('Data of a record is no bytes')
    if (typeof key !== 'string' || typeof number !== 'string')
      throw brokenReply('a record has no PartitionKey or no SequenceNumber')
    sizes[i] = bytes.length
    arrivedAt[i] = instantOf(member(record, 'ApproximateArrivalTimestamp'))
    keys.push(key)
    numbers.push(number)
    return bytes
  })
  return {
    records: batchOfReply(
      {
        bytes: Buffer.concat(data),
        sizes,
        arrivedAt,
        partitionKey: index => keys[index] ?? '',
        sequenceNumber: index => numbers[index] ?? '',
      },
      shardId,
    ),
    nextIterator: optional(body, 'NextShardIterator'),
    continuationSequenceNumber: optional(body, 'ContinuationSequenceNumber'),
    millisBehindLatest: behind,
    childShards: childShardsOf(member(body, 'ChildShards')),
  }
}

function instantOf(value: unknown): number {
  const number = value instanceof Tagged && value.tag === TAG_EPOCH ? value.value : value
  if (typeof number !== 'number' || !(number >= 0)) throw brokenReply('a record has no ApproximateArrivalTimestamp')
  return Math.round(number < SECONDS_MAX ? number * 1_000 : number)
}

function optional(body: unknown, name: string): string | null {
  const text = member(body, name)
  if (text === undefined || text === null) return null
  if (typeof text !== 'string') throw brokenReply(`${name} is no text`)
  return text
}
