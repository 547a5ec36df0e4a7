/** Takes user records in: checks each before anything waits for it, and gives it what it needs on its way. */
import {
  HASH_KEY_MAX,
  MillraceError,
  PARTITION_KEY_CHARACTERS_MAX,
  PUT_RECORDS_BYTES_MAX,
  RECORD_BYTES_DEFAULT,
} from '../core/index.ts'
import { MARK_TAG, type Mark, markText } from '../streams/aggregation.ts'
import { singleBytes } from './aggregator.ts'
import { HashedKey, KeyCache } from './hashed-key.ts'
import { PendingRecord, type Resolve, type TopicPlace } from './pending.ts'
import type { PutBatch } from './put-batch.ts'
import type { TargetCapabilities } from './put-target.ts'
import type { RecordLimit } from './record-limit.ts'
import type { UserRecordInput } from './user-record.ts'

/** More than a mark and its aggregate add to a record: keys, tag, magic and digest. */
const MARK_BYTES_MAX = 4_096

export interface IntakeOptions {
  readonly capabilities: Pick<TargetCapabilities, 'routing' | 'headers'>
  readonly dataBytesMax: number
  /** what the stream itself says of its largest record */
  readonly recordLimit: Pick<RecordLimit, 'check' | 'bytesMax'>
  readonly ttlMs: number
  /** null: user records carry no marks */
  readonly mark: Omit<Mark, 'counter'> | null
}

export class Intake {
  readonly #options: IntakeOptions
  readonly #keys: KeyCache
  readonly #explicitKeys = new KeyCache(text => new HashedKey(normalHashKey(text), true))
  #order = 0

  constructor(options: IntakeOptions) {
    this.#options = options
    const { routing } = options.capabilities
    this.#keys = new KeyCache(text => {
      if (routing === 'hash') checkPartitionKey(text)
      return new HashedKey(text, false)
    })
  }

  /** Order of the last record that was taken in; -1 before the first. */
  get lastOrder(): number {
    return this.#order - 1
  }

  /**
   * The record, as it waits for its settlement. It has an order only when it is `admitted`.
   * @throws MillraceError `invalid_argument` with the field, what it is and what it may be
   */
  take(input: UserRecordInput, arrivedAt: number, owner: Resolve | PutBatch): PendingRecord {
    const { dataBytesMax, ttlMs, mark } = this.#options
    const { partitionKey, data, explicitHashKey, partition, headers } = input
    if (typeof partitionKey !== 'string') throw invalid(`partition key is ${typeof partitionKey}; give a string`)
    const key = this.#keys.get(partitionKey)
    if (!(data instanceof Uint8Array)) throw invalid('data is not a Uint8Array; encode the record to bytes first')
    if (data.length > dataBytesMax)
      throw invalid(
        `data has ${data.length} bytes, the limit is ${dataBytesMax}; split the record, or raise MaxUserRecordSize if the stream's own limit is higher`,
      )
    const explicitKey = explicitHashKey === undefined ? null : this.#explicitKey(explicitHashKey)
    const topicPlace = partition === undefined && headers === undefined ? null : this.#topicPlace(partition, headers)
    const keyBytes = key.sizeBytes + (headers === undefined ? 0 : headerBytes(headers))
    const sizeBytes = data.length + keyBytes
    if (sizeBytes > PUT_RECORDS_BYTES_MAX)
      throw invalid(
        `data and partition key have ${sizeBytes} bytes, one request holds ${PUT_RECORDS_BYTES_MAX}; split the record`,
      )
    const order = this.#order
    const record = new PendingRecord(key, data, sizeBytes, order, arrivedAt, arrivedAt + ttlMs, owner)
    if (mark !== null) record.tags = [{ key: MARK_TAG, value: markText({ ...mark, counter: order }) }]
    if (explicitKey !== null) record.explicitKey = explicitKey
    if (topicPlace !== null) record.topicPlace = topicPlace
    const { recordLimit } = this.#options
    // A mark travels in an aggregate, with the key inside and outside; counted only where that may make the difference.
    const isNear = mark !== null && sizeBytes > Math.min(recordLimit.bytesMax, RECORD_BYTES_DEFAULT) - MARK_BYTES_MAX
    recordLimit.check(isNear ? singleBytes(record) + key.sizeBytes : sizeBytes)
    return record
  }

  /** The record that was taken last has entered: the next one comes after it. One that found no room leaves no gap. */
  admitted(): void {
    this.#order++
  }

  #explicitKey(text: unknown): HashedKey {
    if (this.#options.capabilities.routing === 'partition')
      throw invalid('explicitHashKey is for Kinesis; a topic of Kafka routes by partitionKey or partition')
    if (typeof text !== 'string')
      throw invalid(`explicit hash key is ${typeof text}; give a decimal number as a string`)
    return this.#explicitKeys.get(text)
  }

  #topicPlace(partition: UserRecordInput['partition'], headers: UserRecordInput['headers']): TopicPlace {
    const { routing, headers: carriesHeaders } = this.#options.capabilities
    if (routing === 'hash' && partition !== undefined)
      throw invalid('partition is for Kafka; a stream of Kinesis routes by partitionKey or explicitHashKey')
    if (partition !== undefined && !(Number.isSafeInteger(partition) && partition >= 0))
      throw invalid(`partition is ${String(partition)}; give a whole number from 0`)
    if (headers !== undefined && !carriesHeaders)
      throw invalid('headers cannot be carried by this target; put them into the data')
    if (headers !== undefined) checkHeaders(headers)
    return { ...(partition === undefined ? {} : { partition }), ...(headers === undefined ? {} : { headers }) }
  }
}

function checkPartitionKey(text: string): void {
  const characters = text.length > PARTITION_KEY_CHARACTERS_MAX ? characterCount(text) : text.length
  if (characters === 0 || characters > PARTITION_KEY_CHARACTERS_MAX)
    throw invalid(
      `partition key has ${characters} characters; give 1 to ${PARTITION_KEY_CHARACTERS_MAX} Unicode characters`,
    )
}

/** A hash key in base 10 without leading zeros, as KPL re-renders it. */
function normalHashKey(text: string): string {
  // 128 bits have 39 digits at most; a longer text can only be zeros in front, and nobody needs more than a few of those
  const value = /^\d{1,60}$/.test(text) ? BigInt(text) : -1n
  if (value < 0n || value > HASH_KEY_MAX)
    throw invalid(`explicit hash key ${JSON.stringify(text).slice(0, 80)} is not a decimal number from 0 to 2^128 - 1`)
  return value.toString()
}

/** Types say so, but callers in JavaScript have none, and a client would fail on them for a whole call. */
function checkHeaders(headers: unknown): void {
  // a Map or a list has no entries where they are looked for
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers)
    throw invalid(`headers are ${wordFor(headers)}; give an object with a string or a Uint8Array for each name`)
  for (const [name, value] of Object.entries(headers))
    if (typeof value !== 'string' && !(value instanceof Uint8Array))
      throw invalid(
        `header ${JSON.stringify(name).slice(0, 80)} is ${wordFor(value)}; give a string or a Uint8Array, or leave the header out`,
      )
}

function wordFor(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? `a ${value.constructor?.name ?? 'object'}` : typeof value
}

function headerBytes(headers: Readonly<Record<string, Uint8Array | string>>): number {
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  return bytes
}

function characterCount(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function invalid(message: string): MillraceError {
  return new MillraceError('invalid_argument', `put: ${message}`)
}
