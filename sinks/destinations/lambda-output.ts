/**
 * A Lambda function as the output of a Kinesis Data Analytics application. (Kinesis Data Analytics developer guide, "Using a Lambda
 * function as output".)
 *
 *   request   { invocationId, applicationArn, records: [{ recordId, lambdaDeliveryRecordMetadata: { retryHint }, data: base64 }] }
 *   reply     { records: [{ recordId, result: Ok | DeliveryFailed }] }
 *
 * What was not delivered comes again, with a larger retryHint.
 */

import type { StreamRecord } from '../pipeline/record.ts'
import type { LambdaTransformOptions } from '../pipeline/remote-transforms.ts'
import { clientRefusal } from './client-refusal.ts'
import type { CallResult, DestinationCall, RecordDestination, RecordOutcome, RetryRule } from './destination.ts'
import type { DestinationFactory } from './open-destination.ts'

/** Lambda quota: a synchronous invocation carries 6 MB. */
const PAYLOAD_BYTES_MAX = 6 * 1_048_576
/** What stands around all records, and around each: names, ids and the hint. */
const PAYLOAD_FRAME_BYTES = 4_096
const RECORD_FRAME_BYTES = 128
const RECORDS_MAX = 10_000
/** Lambda quota: a function runs for 15 minutes at most; the rest is for the way. */
const INVOCATION_MS_MAX = 930_000
const WAITS = { waitFirstMs: 1_000, waitMaxMs: 60_000 } as const

export interface LambdaOutputOptions<Command> extends LambdaTransformOptions<Command> {
  /** what the function is told; default the stream's */
  readonly applicationArn?: string
}

/** Invokes the function with each batch and waits for its reply. The package `@aws-sdk/client-lambda` is the caller's. */
export function lambdaDestination<Command>(options: LambdaOutputOptions<Command>): DestinationFactory {
  return ({ deliveryStreamArn, retryDurationSeconds, random }) => {
    const applicationArn = options.applicationArn ?? deliveryStreamArn
    return new LambdaOutput(options, applicationArn, retryDurationSeconds, () => random.uuid())
  }
}

class LambdaOutput<Command> implements RecordDestination {
  readonly name = 'Lambda'
  readonly errorType = 'lambda-failed'
  readonly callsMax = 4
  readonly recordsMax = RECORDS_MAX
  readonly bytesMax = PAYLOAD_BYTES_MAX - PAYLOAD_FRAME_BYTES
  readonly successOf = 'records'
  readonly callTimeoutMs = INVOCATION_MS_MAX
  readonly retry: RetryRule
  readonly #options: LambdaOutputOptions<Command>
  readonly #applicationArn: string
  readonly #newId: () => string

  constructor(
    options: LambdaOutputOptions<Command>,
    applicationArn: string,
    durationSeconds: number,
    newId: () => string,
  ) {
    this.#options = options
    this.#applicationArn = applicationArn
    this.#newId = newId
    this.retry = { ...WAITS, durationSeconds, countsFrom: 'first-failure' }
  }

  sizeOf({ data, recordId }: StreamRecord): number {
    return Math.ceil(data.length / 3) * 4 + recordId.length + RECORD_FRAME_BYTES
  }

  async call({ records, attempt }: DestinationCall, signal: AbortSignal): Promise<CallResult> {
    const { client, InvokeCommand, FunctionName } = this.#options
    const request = {
      invocationId: this.#newId(),
      applicationArn: this.#applicationArn,
      records: records.map(({ recordId, data }) => ({
        recordId,
        lambdaDeliveryRecordMetadata: { retryHint: attempt - 1 },
        data: Buffer.from(data).toString('base64'),
      })),
    }
    try {
      const command = new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(request)) })
      const { FunctionError, Payload = new Uint8Array(0) } = await client.send(command, { abortSignal: signal })
      const text = Buffer.from(Payload).toString('utf8')
      if (FunctionError !== undefined) return refused('FunctionError', `${FunctionError}: ${text.slice(0, 500)}`)
      const results = resultsOf(text)
      if (results === null) return refused('JsonProcessingException', `no list "records": ${text.slice(0, 200)}`)
      return { outcomes: records.map(({ recordId }) => outcomeOf(results.get(recordId))) }
    } catch (error) {
      return clientRefusal('Lambda', error)
    }
  }
}

function refused(code: string, message: string): CallResult {
  return { outcomes: { code: `Lambda.${code}`, message, retry: 'backoff' } }
}

/** Results by record id; null when the reply has none. */
function resultsOf(text: string): ReadonlyMap<string, unknown> | null {
  try {
    const { records } = JSON.parse(text) as { readonly records?: unknown }
    if (!Array.isArray(records)) return null
    return new Map(
      (records as readonly { readonly recordId?: unknown; readonly result?: unknown }[]).map(record => [
        String(record.recordId),
        record.result,
      ]),
    )
  } catch {
    return null
  }
}

function outcomeOf(result: unknown): RecordOutcome {
  if (result === 'Ok') return null
  if (result === 'DeliveryFailed')
    return { code: 'Lambda.DeliveryFailed', message: 'the function answered DeliveryFailed', retry: 'backoff' }
  if (result === undefined)
    return { code: 'Lambda.MissingRecordId', message: 'the function did not return the record', retry: 'backoff' }
  const message = `result ${JSON.stringify(result)} is none of Ok, DeliveryFailed`
  return { code: 'Lambda.JsonProcessingException', message, retry: 'backoff' }
}
