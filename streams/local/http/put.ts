/** PutRecord and PutRecords: the path that carries the load, so entries are checked by hand and decoded into one buffer. */
import { KIBIBYTE, MEBIBYTE, PUT_RECORDS_BYTES_MAX, PUT_RECORDS_ENTRIES_MAX } from '../../../core/index.ts'
import { parseHashKey } from '../../hash-key.ts'
import { isPartitionKey, keyBytes } from '../../put-limits.ts'
import type { PutEntry, PutOutcome } from '../../stream.ts'
import { putInPart } from '../faults/faulty-stream.ts'
import type { LocalStream } from '../local-stream.ts'
import { JSON_PROTOCOL, type Protocol } from './protocol.ts'
import { type Answer, type Call, usableStream } from './service.ts'
import { ServiceError } from './service-error.ts'
import { STREAM_RULES, streamNameIn } from './stream-name.ts'
import { fault, Input, type Members, membersOf, type Rules, refuse } from './validate.ts'

const HASH_KEY_PATTERN = '0|([1-9]\\d{0,38})'

const PUT_RECORD_RULES: Rules = {
  ...STREAM_RULES,
  Data: { type: 'blob', required: true },
  PartitionKey: { type: 'string', required: true },
  ExplicitHashKey: { type: 'string' },
  SequenceNumberForOrdering: { type: 'string', pattern: '0|([1-9]\\d{0,128})' },
}

const PUT_RECORDS_RULES: Rules = {
  ...STREAM_RULES,
  Records: { type: 'list', required: true, min: 1, max: PUT_RECORDS_ENTRIES_MAX },
}

export async function putRecord({ service: { streams }, body, protocol }: Call): Promise<Answer> {
  const stream = usableStream(streams, streamNameIn(new Input(body, PUT_RECORD_RULES)))
  const decoder = new DataDecoder(protocol)
  const members = membersOf(body)
  decoder.reserve(members)
  const faults: string[] = []
  const entry = entryOf(members, '', stream.description.recordBytesMax, decoder, faults)
  refuse(faults)
  checkWithKey(entry, stream.description.recordBytesMax)
  const { shardId, sequenceNumber } = await stream.put(entry)
  return { SequenceNumber: sequenceNumber, ShardId: shardId, ...encryptionOf(stream) }
}

export async function putRecords({ service: { streams }, body, protocol, refuseEntry }: Call): Promise<Answer> {
  const input = new Input(body, PUT_RECORDS_RULES)
  const stream = usableStream(streams, streamNameIn(input))
  const { recordBytesMax } = stream.description
  const records = input.list('Records').map(membersOf)
  const decoder = new DataDecoder(protocol)
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
  const outcomes = await putInPart(stream, entries, refuseEntry)
  const FailedRecordCount = outcomes.reduce((count, { accepted }) => count + (accepted ? 0 : 1), 0)
  const encryption = encryptionOf(stream)
  if (protocol !== JSON_PROTOCOL || encryption !== null)
    return { FailedRecordCount, Records: outcomes.map(resultOf), ...encryption }
  const results = outcomes.map(outcome =>
    outcome.accepted
      ? `{"SequenceNumber":"${outcome.sequenceNumber}","ShardId":"${outcome.shardId}"}`
      : JSON.stringify(resultOf(outcome)),
  )
  return Buffer.from(`{"FailedRecordCount":${FailedRecordCount},"Records":[${results.join(',')}]}`)
}

function resultOf(outcome: PutOutcome): object {
  if (outcome.accepted) return { SequenceNumber: outcome.sequenceNumber, ShardId: outcome.shardId }
  const ErrorCode = outcome.code === 'throttled' ? 'ProvisionedThroughputExceededException' : 'InternalFailure'
  return { ErrorCode, ErrorMessage: outcome.message }
}

/** What replies say of encryption; null for a stream that asked for none. */
function encryptionOf({ description }: LocalStream): { readonly EncryptionType: 'KMS' } | null {
  return description.encryptionKeyId === null ? null : { EncryptionType: 'KMS' }
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
  if ((hasKey && typeof PartitionKey !== 'string') || !decoder.isData(Data) || !isTextOrNone(ExplicitHashKey))
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
  const hasData = Data !== undefined && Data !== null
  const data = hasData ? decoder.decode(Data as string | Uint8Array) : EMPTY
  if (!hasData) faults.push(fault(null, `${path}data`, 'Member must not be null'))
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

/** Data of a whole request: Base64 decoded into one buffer, or the bytes of CBOR as they lie in the request. */
class DataDecoder {
  readonly #isText: boolean
  #reservedBytes = 0
  #bytes: Buffer | null = null
  #used = 0

  constructor({ name }: Protocol) {
    this.#isText = name === 'json'
  }

  /** Whether a member is data in the request's protocol, or not there. */
  isData(value: unknown): boolean {
    return this.#isText ? isTextOrNone(value) : value === undefined || value === null || value instanceof Uint8Array
  }

  /** Counts what a record will need; all records come before the first `decode`. */
  reserve(record: Members): void {
    if (typeof record['Data'] === 'string') this.#reservedBytes += Math.ceil(record['Data'].length / 4) * 3
  }

  /** @throws ServiceError SerializationException when a text is not Base64 */
  decode(data: string | Uint8Array): Uint8Array {
    return typeof data === 'string' ? this.#decodeText(data) : data
  }

  #decodeText(text: string): Uint8Array {
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
