/**
 * Firehose's transformation contract, whoever serves it: a local function, an HTTP server or AWS Lambda.
 *
 *   request   invocationId, deliveryStreamArn, region, records [{ recordId, approximateArrivalTimestamp, data base64 }]
 *   reply     records [{ recordId, result: Ok | Dropped | ProcessingFailed, data base64, metadata: { partitionKeys } }]
 *
 * Only an invocation that failed is repeated; a reply that arrived is final, however malformed (probes of the service).
 */
import { type Clock, MEBIBYTE, type Random } from '../../core/index.ts'
import type { LambdaStage } from '../definition/processing.ts'
import { withinTime } from '../within-time.ts'
import { changedRecord, type FailedRecord, type Processed, type StreamRecord } from './record.ts'

/** Lambda quota for synchronous calls: request and reply, as JSON. */
export const TRANSFORM_BYTES_MAX = 6 * MEBIBYTE
/** Firehose guide: an invocation takes five minutes at most. */
export const TRANSFORM_TIMEOUT_MS = 300_000
const RETRY_WAIT_FIRST_MS = 1_000
const RETRY_WAIT_MAX_MS = 30_000

export interface TransformRequestRecord {
  readonly recordId: string
  readonly approximateArrivalTimestamp: number
  /** base64; empty for an empty record, never null */
  readonly data: string
  readonly kinesisRecordMetadata?: {
    readonly shardId: string
    readonly partitionKey: string
    readonly sequenceNumber: string
    readonly subsequenceNumber: string
    readonly approximateArrivalTimestamp: number
  }
}

export interface TransformRequest {
  /** new for each attempt */
  readonly invocationId: string
  readonly deliveryStreamArn: string
  readonly region: string
  readonly sourceKinesisStreamArn?: string
  readonly records: readonly TransformRequestRecord[]
}

export interface TransformReplyRecord {
  readonly recordId: string
  readonly result: 'Ok' | 'Dropped' | 'ProcessingFailed'
  /** base64 */
  readonly data?: string
  readonly metadata?: { readonly partitionKeys?: Readonly<Record<string, string>> }
}

export interface TransformReply {
  readonly records: readonly TransformReplyRecord[]
}

/**
 * Serves one invocation. What it returns is checked; a rejection is a failed invocation and is repeated.
 * @param signal aborted when five minutes are over
 */
export type Transform = (request: TransformRequest, signal: AbortSignal) => Promise<TransformReply>

/** An invocation that failed with a code of its own, such as `Lambda.InvokeLimitExceeded`. */
export class TransformError extends Error {
  override name = 'TransformError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export interface TransformParts {
  readonly clock: Clock
  readonly random: Random
  readonly deliveryStreamArn: string
  readonly region: string
  readonly sourceKinesisStreamArn?: string | undefined
}

export interface Transformed extends Processed {
  /** records that the transform dropped on purpose */
  readonly dropped: number
  readonly attempts: number
  readonly succeeded: boolean
}

/** Runs one batch through the transform. Never rejects: what fails is in `failed`. */
export async function transformed(
  records: readonly StreamRecord[],
  transform: Transform,
  stage: LambdaStage,
  parts: TransformParts,
): Promise<Transformed> {
  const wire = records.map(wireRecord)
  let problem = new TransformError('Lambda.FunctionError', 'the transform was not called')
  let attempts = 0
  while (attempts <= stage.retries) {
    if (attempts > 0) {
      const waitMs = Math.min(RETRY_WAIT_MAX_MS, RETRY_WAIT_FIRST_MS * 2 ** Math.min(attempts - 1, 20))
      await parts.clock.sleep(waitMs * (0.5 + parts.random.next() / 2))
    }
    attempts++
    const request: TransformRequest = {
      invocationId: parts.random.uuid(),
      deliveryStreamArn: parts.deliveryStreamArn,
      region: parts.region,
      ...(parts.sourceKinesisStreamArn !== undefined && { sourceKinesisStreamArn: parts.sourceKinesisStreamArn }),
      records: wire,
    }
    const outcome = await invoked(transform, request, parts.clock)
    if (outcome instanceof TransformError) problem = outcome
    else
      return {
        ...read(outcome.reply, records, stage.lambdaArn, attempts, parts.clock.now()),
        attempts,
        succeeded: true,
      }
  }
  const failed = records.map(record =>
    failure(record, problem.code, problem.message, stage.lambdaArn, attempts, parts.clock.now()),
  )
  return { records: [], failed, dropped: 0, attempts, succeeded: false }
}

function wireRecord(record: StreamRecord): TransformRequestRecord {
  const { source } = record
  return {
    recordId: record.recordId,
    approximateArrivalTimestamp: record.arrivedAt,
    data: Buffer.from(record.data).toString('base64'),
    ...(source !== null && {
      kinesisRecordMetadata: {
        shardId: source.shardId,
        partitionKey: source.partitionKey,
        sequenceNumber: source.sequenceNumber,
        subsequenceNumber: String(source.subsequenceNumber),
        approximateArrivalTimestamp: record.arrivedAt,
      },
    }),
  }
}

async function invoked(
  transform: Transform,
  request: TransformRequest,
  clock: Clock,
): Promise<TransformError | { readonly reply: unknown }> {
  const late = `the transform took more than ${TRANSFORM_TIMEOUT_MS / 1_000} s`
  return withinTime<TransformError | { readonly reply: unknown }>(
    { clock, limitMs: TRANSFORM_TIMEOUT_MS },
    async overdue => {
      try {
        return { reply: await transform(request, overdue) }
      } catch (error) {
        if (error instanceof TransformError) return error
        return new TransformError('Lambda.FunctionError', error instanceof Error ? error.message : String(error))
      }
    },
    () => new TransformError('Lambda.FunctionError', late),
  )
}

type ReadReply = Processed & { readonly dropped: number }

/** What a reply says of each record; a reply that cannot be read fails them all. */
function read(
  reply: unknown,
  records: readonly StreamRecord[],
  lambdaArn: string,
  attempts: number,
  now: number,
): ReadReply {
  const all = (code: string, message: string): ReadReply => ({
    records: [],
    failed: records.map(record => failure(record, code, message, lambdaArn, attempts, now)),
    dropped: 0,
  })
  const json = JSON.stringify(reply) ?? ''
  if (json.length > TRANSFORM_BYTES_MAX)
    return all('Lambda.FunctionError', `the reply has ${json.length} bytes and may have ${TRANSFORM_BYTES_MAX}`)
  const list: unknown = isObject(reply) ? reply['records'] : undefined
  if (!Array.isArray(list)) return all('Lambda.JsonProcessingException', 'the reply has no list "records"')
  const byId = new Map<string, readonly Readonly<Record<string, unknown>>[]>()
  for (const item of list as readonly unknown[]) {
    if (!isObject(item) || typeof item['recordId'] !== 'string')
      return all('Lambda.JsonProcessingException', 'a record of the reply has no recordId')
    const problem = itemProblem(item)
    if (problem !== null) return all('Lambda.JsonProcessingException', `record ${item['recordId']}: ${problem}`)
    byId.set(item['recordId'], [...(byId.get(item['recordId']) ?? []), item])
  }
  const good: StreamRecord[] = []
  const failed: FailedRecord[] = []
  let dropped = 0
  for (const record of records) {
    const fail = (code: string, message: string): void =>
      void failed.push(failure(record, code, message, lambdaArn, attempts, now))
    const items = byId.get(record.recordId) ?? []
    const item = items[0]
    if (item === undefined)
      fail('Lambda.MissingRecordId', 'one or more record ids were not returned; return each that was given')
    else if (items.length > 1)
      fail('Lambda.DuplicatedRecordId', 'multiple records were returned with the same record id')
    else if (item['result'] === 'Dropped') dropped++
    else if (item['result'] === 'ProcessingFailed')
      fail('Lambda.ProcessingFailedStatus', 'ProcessingFailed status set for record')
    else
      good.push(
        changedRecord(record, {
          data: Buffer.from(typeof item['data'] === 'string' ? item['data'] : '', 'base64'),
          lambdaKeys: keysOf(item),
        }),
      )
  }
  return { records: good, failed, dropped }
}

function itemProblem(item: Readonly<Record<string, unknown>>): string | null {
  const { result, data } = item
  if (result !== 'Ok' && result !== 'Dropped' && result !== 'ProcessingFailed')
    return `result ${JSON.stringify(result) ?? 'undefined'} is none of Ok, Dropped, ProcessingFailed`
  if (
    data !== undefined &&
    data !== null &&
    (typeof data !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(data) || data.length % 4 !== 0)
  )
    return 'data is no base64'
  if (result === 'Ok' && typeof data !== 'string') return 'data is missing'
  return null
}

function keysOf(item: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const metadata = item['metadata']
  const keys = isObject(metadata) ? metadata['partitionKeys'] : undefined
  if (!isObject(keys)) return {}
  return Object.fromEntries(
    Object.entries(keys).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function failure(
  record: StreamRecord,
  code: string,
  message: string,
  lambdaArn: string,
  attempts: number,
  endedAt: number,
): FailedRecord {
  return { record, type: 'processing-failed', code, message, attempts, endedAt, lambdaArn, stage: 'Lambda' }
}
