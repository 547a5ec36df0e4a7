/** PutRecord and PutRecords: the path that carries the load, so entries are checked by hand and decoded into one buffer. */
import { KIBIBYTE, MEBIBYTE, PUT_RECORDS_BYTES_MAX, PUT_RECORDS_ENTRIES_MAX } from '../../../core/index.ts'
import { parseHashKey } from '../../hash-key.ts'
import { isPartitionKey, keyBytes } from '../../put-limits.ts'
import type { PutEntry } from '../../stream.ts'
import type { LocalStreams } from '../local-streams.ts'
import { STREAM_RULES, streamNameIn } from './arn.ts'
import { streamNamed } from './service.ts'
import { ServiceError } from './service-error.ts'
import { fault, Input, type Members, membersOf, type Rules, refuse } from './validate.ts'

const HASH_KEY_PATTERN = '0|([1-9]\\d{0,38})'

const PUT_RECORD_RULES: Rules = {
  ...STREAM_RULES,
  Data: { type: 'string', required: true },
  PartitionKey: { type: 'string', required: true },
  ExplicitHashKey: { type: 'string' },
  SequenceNumberForOrdering: { type: 'string', pattern: '0|([1-9]\\d{0,128})' },
}

const PUT_RECORDS_RULES: Rules = {
  ...STREAM_RULES,
  Records: { type: 'list', required: true, min: 1, max: PUT_RECORDS_ENTRIES_MAX },
}

export async function putRecord(streams: LocalStreams, body: unknown): Promise<string> {
  const stream = streamNamed(streams, streamNameIn(new Input(body, PUT_RECORD_RULES)))
  const decoder = new DataDecoder()
  const members = membersOf(body)
  decoder.reserve(members)
  const faults: string[] = []
  const entry = entryOf(members, '', stream.description.recordBytesMax, decoder, faults)
  refuse(faults)
  checkWithKey(entry, stream.description.recordBytesMax)
  const { shardId, sequenceNumber } = await stream.put(entry)
  return `{"SequenceNumber":"${sequenceNumber}","ShardId":"${shardId}"}`
}

export async function putRecords(streams: LocalStreams, body: unknown): Promise<string> {
  const input = new Input(body, PUT_RECORDS_RULES)
  const stream = streamNamed(streams, streamNameIn(input))
  const { recordBytesMax } = stream.description
  const records = input.list('Records').map(membersOf)
  const decoder = new DataDecoder()
  for (const record of records) decoder.reserve(record)
  const faults: string[] = []
  const entries = records.map((record, i) =>
    entryOf(record, `records.${i + 1}.member.`, recordBytesMax, decoder, faults),
  )
  refuse(faults)
  let sizeBytes = 0
  for (const entry of entries) {
    sizeBytes += entry.data.length + keyBytes(entry.partitionKey)
    checkWithKey(entry, recordBytesMax)
  }
  if (sizeBytes > PUT_RECORDS_BYTES_MAX)
    throw new ServiceError(
      'InvalidArgumentException',
      `Records size exceeds ${PUT_RECORDS_BYTES_MAX / MEBIBYTE} MB limit`,
    )
  let failed = 0
  const results: string[] = []
  for (const outcome of await stream.putMany(entries))
    if (outcome.accepted) results.push(`{"SequenceNumber":"${outcome.sequenceNumber}","ShardId":"${outcome.shardId}"}`)
    else {
      failed++
      const code = outcome.code === 'throttled' ? 'ProvisionedThroughputExceededException' : 'InternalFailure'
      results.push(`{"ErrorCode":"${code}","ErrorMessage":${JSON.stringify(outcome.message)}}`)
    }
  return `{"FailedRecordCount":${failed},"Records":[${results.join(',')}]}`
}

function entryOf(
  record: Members,
  path: string,
  recordBytesMax: number,
  decoder: DataDecoder,
  faults: string[],
): PutEntry {
  const { Data, PartitionKey, ExplicitHashKey } = record
  const hasKey = PartitionKey !== undefined && PartitionKey !== null
  if ((hasKey && typeof PartitionKey !== 'string') || !isTextOrNone(Data) || !isTextOrNone(ExplicitHashKey))
    throw new ServiceError('SerializationException', `members of ${path || 'the record'} must be strings`)
  if (!hasKey) faults.push(fault(null, `${path}partitionKey`, 'Member must not be null'))
  else if (!isPartitionKey(PartitionKey))
    faults.push(
      fault(
        PartitionKey,
        `${path}partitionKey`,
        `Member must have length ${PartitionKey === '' ? 'greater than or equal to 1' : 'less than or equal to 256'}`,
      ),
    )
  const data = typeof Data === 'string' ? decoder.decode(Data) : EMPTY
  if (typeof Data !== 'string') faults.push(fault(null, `${path}data`, 'Member must not be null'))
  else if (data.length > recordBytesMax)
    faults.push(
      `Value at '${path}data' failed to satisfy constraint: Member must have length less than or equal to ${recordBytesMax}`,
    )
  const partitionKey = typeof PartitionKey === 'string' ? PartitionKey : ''
  if (typeof ExplicitHashKey !== 'string') return { data, partitionKey }
  if (!/^(?:0|[1-9]\d{0,38})$/.test(ExplicitHashKey)) {
    faults.push(
      fault(
        ExplicitHashKey,
        `${path}explicitHashKey`,
        `Member must satisfy regular expression pattern: ${HASH_KEY_PATTERN}`,
      ),
    )
    return { data, partitionKey }
  }
  return { data, partitionKey, explicitHashKey: hashKeyIn(ExplicitHashKey) }
}

function hashKeyIn(text: string): bigint {
  try {
    return parseHashKey(text)
  } catch {
    throw new ServiceError(
      'InvalidArgumentException',
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${text}`,
    )
  }
}

function checkWithKey(entry: PutEntry, recordBytesMax: number): void {
  if (entry.data.length + keyBytes(entry.partitionKey) <= recordBytesMax) return
  throw new ServiceError(
    'InvalidArgumentException',
    `Record with its partition key exceeds the maximum record size of ${recordBytesMax / KIBIBYTE} KiB`,
  )
}

function isTextOrNone(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string'
}

const EMPTY = new Uint8Array()

/** Decodes the Base64 of a whole request into one buffer. */
class DataDecoder {
  #reservedBytes = 0
  #bytes: Buffer | null = null
  #used = 0

  /** Counts what a record will need; all records come before the first `decode`. */
  reserve(record: Members): void {
    if (typeof record['Data'] === 'string') this.#reservedBytes += Math.ceil(record['Data'].length / 4) * 3
  }

  /** @throws ServiceError SerializationException when the text is not Base64 */
  decode(text: string): Uint8Array {
    this.#bytes ??= Buffer.allocUnsafe(this.#reservedBytes)
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
    const sizeBytes = (text.length / 4) * 3 - padding
    // Node reads past what is not Base64, so a wrong text shows in its length, and the URL alphabet by its two characters.
    const isWrong =
      text.length % 4 !== 0 ||
      this.#bytes.write(text, this.#used, 'base64') !== sizeBytes ||
      text.includes('-') ||
      text.includes('_')
    if (isWrong) throw new ServiceError('SerializationException', 'Data can not be converted to a Blob: invalid Base64')
    const data = this.#bytes.subarray(this.#used, this.#used + sizeBytes)
    this.#used += sizeBytes
    return data
  }
}
