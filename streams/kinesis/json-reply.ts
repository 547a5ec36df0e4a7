/**
 * Replies in the JSON protocol. The fast reader takes those that it can prove; JSON.parse takes all others and gives the same
 * answer, or the error.
 */
import { batchOfReply, brokenReply, childShardsOf, type KinesisReply, member } from './reply.ts'
import { WireReader } from './wire-reader.ts'

/** With a length that is a multiple of 4. No group is repeated: that would recurse, and a record has up to 10 MiB. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Reads one reply after the other; keep one instance for all shards. */
export class JsonReplyReader {
  readonly #wire: WireReader | null

  /** @param fast false reads everything with JSON.parse. Default: only where the host has no WebAssembly with SIMD */
  constructor(fast = true) {
    this.#wire = fast ? WireReader.create() : null
  }

  /**
   * @param chunks the whole body, in pieces as they came
   * @throws MillraceError `internal` with retry `backoff` when it is no reply
   */
  read(chunks: readonly Uint8Array[], shardId: string): KinesisReply {
    const proven = this.#wire?.read(chunks, shardId) ?? null
    if (proven === null) return parsedReply(chunks, shardId)
    if (proven.millisBehindLatest === undefined) throw brokenReply('MillisBehindLatest is no number')
    return {
      records: proven.records,
      nextIterator: proven.nextIterator ?? null,
      continuationSequenceNumber: proven.continuationSequenceNumber ?? null,
      millisBehindLatest: proven.millisBehindLatest,
      childShards: proven.childShards === undefined ? [] : childShardsOf(parsed(proven.childShards)),
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw brokenReply('it is no JSON', error)
  }
}

function parsedReply(chunks: readonly Uint8Array[], shardId: string): KinesisReply {
  const [only] = chunks
  const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
  const body = parsed(Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString('utf8'))
  const records = member(body, 'Records')
  const behind = member(body, 'MillisBehindLatest')
  if (!Array.isArray(records)) throw brokenReply('Records is no list')
  if (typeof behind !== 'number' || behind < 0) throw brokenReply('MillisBehindLatest is no number')
  const data = records.map((record: unknown) => {
    const text = member(record, 'Data')
    if (typeof text !== 'string' || text.length % 4 !== 0 || !BASE64.test(text))
      throw brokenReply('Data of a record is no base64')
    return Buffer.from(text, 'base64')
  })
  const texts = (name: string): string[] =>
    records.map((record: unknown) => {
      const text = member(record, name)
      if (typeof text !== 'string') throw brokenReply(`a record has no ${name}`)
      return text
    })
  const [keys, numbers] = [texts('PartitionKey'), texts('SequenceNumber')]
  return {
    records: batchOfReply(
      {
        bytes: Buffer.concat(data),
        sizes: Int32Array.from(data, bytes => bytes.length),
        arrivedAt: Float64Array.from(records, (record: unknown) =>
          arrivalOf(member(record, 'ApproximateArrivalTimestamp')),
        ),
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

/** Seconds with a fraction, as the JSON protocol writes instants. */
function arrivalOf(seconds: unknown): number {
  if (typeof seconds !== 'number' || !(seconds >= 0)) throw brokenReply('a record has no ApproximateArrivalTimestamp')
  return Math.round(seconds * 1_000)
}

function optional(body: unknown, name: string): string | null {
  const text = member(body, name)
  if (text === undefined || text === null) return null
  if (typeof text !== 'string') throw brokenReply(`${name} is no text`)
  return text
}
