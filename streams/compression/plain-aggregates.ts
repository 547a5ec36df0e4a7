/**
 * Aggregates that a producer compressed (`AggregateCompression` of ours): gzip, and inside it an aggregate with its magic and a right
 * digest. No reader but ours knows them. Whatever else is gzip is data and stays as it is.
 */
import { constants, gunzipSync } from 'node:zlib'
import { assert, type RecordBatch } from '../../core/index.ts'
import { looksAggregated } from '../aggregation/decode.ts'
import { isDigestRight } from '../aggregation/digests.ts'
import { uncompress } from './uncompress.ts'

/** Bytes of a record that show how its content begins: a gzip header without a name, and the longest table of codes of deflate. */
const PEEK_BYTES = 512
/**
 * The same batch when it holds no such aggregate; else one whose bytes have them uncompressed, after all others. The limits of a fetch
 * (10 MiB, 10,000 records) and of what one record may become (`uncompress`) bound them to 1 GiB; what producers write becomes 5 to 20
 * times as large.
 */
export function withPlainAggregates(records: RecordBatch): RecordBatch {
  const { bytes, length } = records
  const found: Buffer[] = []
  let end = bytes.length
  let { offsets, sizes } = records
  for (let i = 0; i < length; i++) {
    const offset = records.offsets[i] ?? 0
    if (bytes[offset] !== 0x1f || bytes[offset + 1] !== 0x8b) continue
    const plain = plainAggregate(bytes.subarray(offset, offset + (records.sizes[i] ?? 0)))
    if (plain === null) continue
    if (found.length === 0) {
      offsets = offsets.slice(0, length)
      sizes = sizes.slice(0, length)
    }
    found.push(plain)
    offsets[i] = end
    sizes[i] = plain.length
    end += plain.length
    assert(end < 2 ** 31, 'offsets have 32 bits')
  }
  if (found.length === 0) return records
  return {
    length,
    bytes: Buffer.concat([bytes, ...found], end),
    offsets,
    sizes,
    arrivedAt: records.arrivedAt,
    rowtimes: records.rowtimes,
    sequenceNumber: index => records.sequenceNumber(index),
    subsequenceNumber: index => records.subsequenceNumber(index),
    partitionKey: index => records.partitionKey(index),
    shardId: index => records.shardId(index),
    ...(records.refusal !== undefined && { refusal: (index: number) => records.refusal?.(index) ?? null }),
  }
}

function plainAggregate(packed: Uint8Array): Buffer | null {
  let begin: Uint8Array
  try {
    begin = gunzipSync(packed.subarray(0, PEEK_BYTES), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return null
  }
  // An aggregate has a digest of 16 bytes at its end, so what a peek shows of a long one looks like one too.
  if (begin.length < 4 || !looksAggregated(Buffer.concat([begin, Buffer.alloc(32)]))) return null
  const plain = uncompress(packed)
  if (plain === null || typeof plain === 'string') return null
  if (!looksAggregated(plain) || !isDigestRight(plain, { start: 0, end: plain.length })) return null
  return Buffer.from(plain.buffer, plain.byteOffset, plain.length)
}
