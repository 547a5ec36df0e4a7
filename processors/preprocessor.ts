/**
 * A JavaScript function in place of the Lambda function of InputProcessingConfiguration: records go through it before the
 * input schema sees them. Its contract is the service's (AWS developer guide, "Preprocessing Data Using a Lambda Function"):
 *
 *   { records: [{ recordId, data, kinesisStreamRecordMetadata }] }  ─►  { records: [{ recordId, result, data }] }
 *
 * with every recordId exactly once. `Ok` gives the data to go on with, which may be several documents or rows; `Dropped`
 * leaves the record out; `ProcessingFailed` makes it an error row. A call that throws, takes too long or answers anything
 * else is repeated with the same records; the service repeats for ever, here it ends after `attemptsMax`.
 */
import type { Env } from '../core/env.ts'
import type { ErrorOutput } from '../core/error-output.ts'
import { MillraceError } from '../core/errors.ts'
import { positionAt, type RecordBatch, RecordBatchBuilder, recordBytes } from '../core/record.ts'
import { readAnswer } from './preprocessor/answer.ts'

export interface PreprocessorRecord {
  readonly recordId: string
  /** base64 */
  readonly data: string
  readonly kinesisStreamRecordMetadata?: {
    readonly sequenceNumber: string
    readonly partitionKey: string
    readonly shardId: string
    /** epoch milliseconds */
    readonly approximateArrivalTimestamp: number
  }
  /** in place of the above where the input is a delivery stream */
  readonly kinesisFirehoseRecordMetadata?: { readonly approximateArrivalTimestamp: number }
}

export interface PreprocessorEvent {
  readonly invocationId: string
  readonly applicationArn: string
  readonly streamArn: string
  readonly records: readonly PreprocessorRecord[]
}

export interface PreprocessorResult {
  readonly recordId: string
  readonly result: 'Ok' | 'Dropped' | 'ProcessingFailed'
  /** base64; needed for `Ok` only */
  readonly data?: string | null
}

export interface PreprocessorResponse {
  readonly records: readonly PreprocessorResult[]
}

/** The part of Lambda's context that functions use. */
export interface PreprocessorContext {
  readonly awsRequestId: string
  readonly functionName: string
  readonly invokedFunctionArn: string
  getRemainingTimeInMillis(): number
}

export type PreprocessorCallback = (error: unknown, response?: PreprocessorResponse) => void

/** A handler as Lambda takes it: it returns the response or a promise of it, or has three parameters and calls back. */
export type PreprocessorFunction = (
  event: PreprocessorEvent,
  context: PreprocessorContext,
  callback: PreprocessorCallback,
) => PreprocessorResponse | Promise<PreprocessorResponse> | void

export interface PreprocessorOptions {
  readonly handler: PreprocessorFunction
  readonly applicationArn?: string
  readonly streamArn?: string
  /** which metadata records carry; default kinesis */
  readonly kind?: 'kinesis' | 'firehose'
  /** calls for one batch before it is given up; default 5, Infinity as the service does */
  readonly attemptsMax?: number
  /** of one call, milliseconds; default 60,000. A function that never yields cannot be interrupted */
  readonly timeoutMs?: number
  /** records of one call at most; default 500 */
  readonly recordsPerCallMax?: number
}

const ATTEMPTS_MAX_DEFAULT = 5
const TIMEOUT_MS_DEFAULT = 60_000
const RECORDS_PER_CALL_DEFAULT = 500
/** Lambda quotas, invocation payload: 6 MB, which base64 makes of 4.5 MB. */
const CALL_BYTES_MAX = 4_500_000
const PAUSE_MS_FIRST = 200
const PAUSE_MS_MAX = 10_000
const LOCAL_FUNCTION = 'preprocessor'

export type PreprocessorEnv = Pick<Env, 'clock' | 'random'>

export class Preprocessor {
  readonly #options: PreprocessorOptions
  readonly #env: PreprocessorEnv
  readonly #onRetry: (error: MillraceError) => void
  #dropped = 0

  /** @param onRetry hears why a call is repeated */
  constructor(options: PreprocessorOptions, env: PreprocessorEnv, onRetry: (error: MillraceError) => void = () => {}) {
    this.#options = options
    this.#env = env
    this.#onRetry = onRetry
  }

  /** Records that were answered with `Dropped`. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * The records as the function leaves them, in their order and with the places and times that they had.
   * @param errors takes those that it calls failed
   * @throws MillraceError `preprocessor_failed` after `attemptsMax` calls; `aborted` by the signal
   */
  async process(batch: RecordBatch, errors: ErrorOutput, signal: AbortSignal): Promise<RecordBatch> {
    const builder = new RecordBatchBuilder()
    for (let from = 0, to = 0; from < batch.length; from = to) {
      to = this.#endOfCall(batch, from)
      const records = Array.from({ length: to - from }, (_, i) => this.#record(batch, from + i))
      const answers = await this.#persist(records, signal)
      answers.forEach((answer, i) => {
        const index = from + i
        if (answer.result === 'Dropped') this.#dropped++
        else if (answer.result === 'ProcessingFailed')
          errors.add({
            name: 'PROCESSING_FAILED',
            message: 'the pre-processing function answered ProcessingFailed for the record',
            rowtime: batch.rowtimes[index] ?? 0,
            data: recordBytes(batch, index),
            position: positionAt(batch, index),
            pump: null,
          })
        else
          builder.add({
            data: answer.data,
            arrivedAt: batch.arrivedAt[index] ?? 0,
            rowtime: batch.rowtimes[index] ?? 0,
            sequenceNumber: batch.sequenceNumber(index),
            subsequenceNumber: batch.subsequenceNumber(index),
            partitionKey: batch.partitionKey(index),
            shardId: batch.shardId(index),
          })
      })
    }
    return builder.take()
  }

  /** The first record that does not fit into the call that begins at `from`; a call has one record at least. */
  #endOfCall(batch: RecordBatch, from: number): number {
    const last = Math.min(batch.length, from + (this.#options.recordsPerCallMax ?? RECORDS_PER_CALL_DEFAULT))
    let to = from
    for (let bytes = 0; to < last; to++) {
      bytes += batch.sizes[to] ?? 0
      if (bytes > CALL_BYTES_MAX && to > from) break
    }
    return to
  }

  #record(batch: RecordBatch, index: number): PreprocessorRecord {
    const sequenceNumber = batch.sequenceNumber(index)
    const shardId = batch.shardId(index)
    const approximateArrivalTimestamp = batch.arrivedAt[index] ?? 0
    const { buffer, byteOffset, length } = recordBytes(batch, index)
    const data = Buffer.from(buffer, byteOffset, length).toString('base64')
    // The same for a repeated call.
    const recordId = `${shardId}:${sequenceNumber}:${batch.subsequenceNumber(index)}`
    if (this.#options.kind === 'firehose')
      return { recordId, data, kinesisFirehoseRecordMetadata: { approximateArrivalTimestamp } }
    const partitionKey = batch.partitionKey(index)
    return {
      recordId,
      data,
      kinesisStreamRecordMetadata: { sequenceNumber, partitionKey, shardId, approximateArrivalTimestamp },
    }
  }

  async #persist(records: readonly PreprocessorRecord[], signal: AbortSignal) {
    const { attemptsMax = ATTEMPTS_MAX_DEFAULT } = this.#options
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) throw new MillraceError('aborted', 'pre-processing was stopped')
      try {
        return readAnswer(await this.#call(records, signal), records)
      } catch (cause) {
        if (signal.aborted) throw new MillraceError('aborted', 'pre-processing was stopped', { cause })
        const why = cause instanceof Error ? cause.message : String(cause)
        const what = `pre-processing function failed for ${records.length} records from ${records[0]?.recordId ?? 'nowhere'}: ${why}`
        if (attempt >= attemptsMax)
          throw new MillraceError('preprocessor_failed', `${what} (${attempt} calls); mend the function`, { cause })
        this.#onRetry(new MillraceError('preprocessor_failed', what, { cause, retry: 'backoff' }))
        await this.#env.clock.sleep(Math.min(PAUSE_MS_MAX, PAUSE_MS_FIRST * 2 ** (attempt - 1)), signal)
      }
    }
  }

  async #call(records: readonly PreprocessorRecord[], signal: AbortSignal): Promise<unknown> {
    const { handler, timeoutMs = TIMEOUT_MS_DEFAULT } = this.#options
    const { clock, random } = this.#env
    const invocationId = random.uuid()
    const event: PreprocessorEvent = {
      invocationId,
      applicationArn: this.#options.applicationArn ?? 'arn:aws:kinesisanalytics:local:000000000000:application/local',
      streamArn: this.#options.streamArn ?? 'arn:aws:kinesis:local:000000000000:stream/local',
      records,
    }
    const until = clock.monotonicMs() + timeoutMs
    const context: PreprocessorContext = {
      awsRequestId: invocationId,
      functionName: LOCAL_FUNCTION,
      invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${LOCAL_FUNCTION}`,
      getRemainingTimeInMillis: () => Math.max(0, until - clock.monotonicMs()),
    }
    const ended = new AbortController()
    const stop = (): void => ended.abort()
    signal.addEventListener('abort', stop)
    const timeOut = async (): Promise<never> => {
      await clock.sleep(timeoutMs, ended.signal)
      throw new Error(`no answer within ${timeoutMs} ms`)
    }
    try {
      return await Promise.race([invoke(handler, event, context), timeOut()])
    } finally {
      signal.removeEventListener('abort', stop)
      ended.abort()
    }
  }
}

async function invoke(
  handler: PreprocessorFunction,
  event: PreprocessorEvent,
  context: PreprocessorContext,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback: PreprocessorCallback = (error, response) => {
      if (error === null || error === undefined) resolve(response)
      else reject(error instanceof Error ? error : new Error(typeof error === 'string' ? error : JSON.stringify(error)))
    }
    Promise.resolve(handler(event, context, callback)).then(response => {
      // A function with a callback returns nothing and answers later.
      if (response !== undefined || handler.length < 3) resolve(response)
    }, reject)
  })
}
