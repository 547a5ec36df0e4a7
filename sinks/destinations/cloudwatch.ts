/**
 * Rows into CloudWatch: as log events that are metrics at the same time (emf.ts), by PutLogEvents or to a writer of lines, which in a
 * Lambda function is standard output. (CloudWatch Logs API reference, PutLogEvents: 10,000 events, 1,048,576 bytes with 26 for each
 * event, in order of time, 24 hours apart at most; what is too old or too new is told by index.)
 */
import { type Clock, MillraceError } from '../../core/index.ts'
import type { StreamRecord } from '../pipeline/record.ts'
import { withinTime } from '../within-time.ts'
import { clientRefusal } from './client-refusal.ts'
import {
  type CallResult,
  CLIENT_TIMEOUT_MS,
  type DestinationCall,
  type RecordDestination,
  type RecordOutcome,
  type RetryRule,
} from './destination.ts'
import { checkEmf, type EmfOptions, emfEvent } from './emf.ts'
import type { DestinationFactory } from './open-destination.ts'

const EVENTS_MAX = 10_000
const CALL_BYTES_MAX = 1_048_576
const EVENT_FRAME_BYTES = 26
const SPAN_MS_MAX = 86_400_000
const WAITS = { waitFirstMs: 500, waitMaxMs: 30_000 } as const

/** The part of the SDK's `CloudWatchLogs` client that is used; the package `@aws-sdk/client-cloudwatch-logs` is the caller's. */
export interface CloudWatchLogsLike {
  putLogEvents(
    input: { logGroupName: string; logStreamName: string; logEvents: { timestamp: number; message: string }[] },
    options: { readonly abortSignal: AbortSignal },
  ): Promise<{
    readonly rejectedLogEventsInfo?:
      | {
          /** from this index on */
          readonly tooNewLogEventStartIndex?: number | undefined
          /** before this index */
          readonly tooOldLogEventEndIndex?: number | undefined
          readonly expiredLogEventEndIndex?: number | undefined
        }
      | undefined
  }>
}

export type CloudWatchOptions = EmfOptions &
  (
    | { readonly client: CloudWatchLogsLike; readonly logGroupName: string; readonly logStreamName: string }
    | { readonly writeLine: (line: string) => Promise<void> }
  )

/** What rows become in CloudWatch, for whoever draws them there. */
export interface CloudWatchFactory extends DestinationFactory {
  readonly writes: EmfOptions & { readonly logGroupName?: string }
}

/** @throws MillraceError `config` past the limits of the format */
export function cloudWatchDestination(options: CloudWatchOptions): CloudWatchFactory {
  checkEmf(options)
  const { Namespace, Metrics, Dimensions } = options
  const writes = {
    Namespace,
    Metrics,
    ...(Dimensions === undefined ? {} : { Dimensions }),
    ...('logGroupName' in options ? { logGroupName: options.logGroupName } : {}),
  }
  return Object.assign(
    ({ retryDurationSeconds, clock }: Parameters<DestinationFactory>[0]) =>
      new CloudWatch(options, retryDurationSeconds, clock),
    { writes },
  )
}

interface Event {
  readonly index: number
  readonly timestamp: number
  readonly message: string
  readonly sizeBytes: number
}

class CloudWatch implements RecordDestination {
  readonly name = 'CloudWatch'
  readonly errorType = 'cloudwatch-failed'
  // Events of a log stream come in order of time.
  readonly callsMax = 1
  readonly recordsMax = EVENTS_MAX
  readonly bytesMax = CALL_BYTES_MAX
  readonly successOf = 'records'
  readonly retry: RetryRule
  readonly #options: CloudWatchOptions
  readonly #clock: Clock
  readonly #frameBytes: number

  constructor(options: CloudWatchOptions, durationSeconds: number, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.retry = { ...WAITS, durationSeconds, countsFrom: 'first-failure' }
    const { Namespace, Metrics, Dimensions = [[]] } = options
    this.#frameBytes = Buffer.byteLength(JSON.stringify({ Namespace, Metrics, Dimensions })) + EVENT_FRAME_BYTES + 128
  }

  /** Numbers that become texts gain two quotes, of which there are few. */
  sizeOf({ data }: StreamRecord): number {
    return data.length + this.#frameBytes
  }

  async call({ records }: DestinationCall, signal: AbortSignal): Promise<CallResult> {
    const outcomes: RecordOutcome[] = records.map(() => null)
    const events: Event[] = []
    records.forEach(({ data, arrivedAt }, index) => {
      const timestamp = Math.floor(arrivedAt)
      const message = emfEvent(data, this.#options, timestamp)
      const sizeBytes = message === null ? 0 : Buffer.byteLength(message) + EVENT_FRAME_BYTES
      if (sizeBytes > CALL_BYTES_MAX)
        outcomes[index] = {
          code: 'CloudWatch.RecordTooLarge',
          message: `the event takes ${sizeBytes} bytes, and may take ${CALL_BYTES_MAX}`,
          retry: 'never',
        }
      else if (message !== null) events.push({ index, timestamp, message, sizeBytes })
      else outcomes[index] = { code: 'CloudWatch.NoMetric', message: 'the row has none of the metrics', retry: 'never' }
    })
    events.sort((a, b) => a.timestamp - b.timestamp)
    let split = false
    for (let at = 0; at < events.length; ) {
      const end = endOfCall(events, at)
      if (await this.#put(events.slice(at, end), outcomes, signal)) split = true
      at = end
    }
    return { outcomes, split }
  }

  /** @returns whether one event at fault may have refused the call: halves tell which */
  async #put(events: readonly Event[], outcomes: RecordOutcome[], signal: AbortSignal): Promise<boolean> {
    try {
      // Rows may become more than one put, each of which has its time.
      const { rejectedLogEventsInfo: rejected } = await withinTime(
        { clock: this.#clock, limitMs: CLIENT_TIMEOUT_MS, signal },
        abortSignal => this.#send(events, abortSignal),
        () => {
          throw new MillraceError('connection_lost', `no answer within ${CLIENT_TIMEOUT_MS / 1_000} s`)
        },
      )
      const old = Math.max(rejected?.tooOldLogEventEndIndex ?? 0, rejected?.expiredLogEventEndIndex ?? 0)
      const tooNew = rejected?.tooNewLogEventStartIndex ?? events.length
      events.forEach(({ index }, at) => {
        if (at < old)
          outcomes[index] = {
            code: 'CloudWatch.TooOld',
            message: 'the event is older than the log keeps',
            retry: 'never',
          }
        // Two hours ahead is too new, until the clock has caught up.
        else if (at >= tooNew)
          outcomes[index] = { code: 'CloudWatch.TooNew', message: 'the event is ahead of the clock', retry: 'backoff' }
      })
    } catch (error) {
      const { outcomes: refusal, split = false } = clientRefusal('CloudWatch', error)
      for (const { index } of events) outcomes[index] = refusal as RecordOutcome
      return split && events.length > 1
    }
    return false
  }

  async #send(events: readonly Event[], abortSignal: AbortSignal): ReturnType<CloudWatchLogsLike['putLogEvents']> {
    if ('writeLine' in this.#options) {
      for (const { message } of events) {
        // Those that are left are written by the repeat.
        if (abortSignal.aborted) break
        await this.#options.writeLine(`${message}\n`)
      }
      return {}
    }
    const { client, logGroupName, logStreamName } = this.#options
    const logEvents = events.map(({ timestamp, message }) => ({ timestamp, message }))
    return client.putLogEvents({ logGroupName, logStreamName, logEvents }, { abortSignal })
  }
}

/** Where a call that begins at an event ends, by the bytes and the hours of a call; records are few enough already. */
function endOfCall(events: readonly Event[], from: number): number {
  const first = events[from]?.timestamp ?? 0
  let [end, bytes] = [from, 0]
  for (; end < events.length; end++) {
    const { timestamp, sizeBytes } = events[end] as Event
    bytes += sizeBytes
    if (timestamp - first >= SPAN_MS_MAX || bytes > CALL_BYTES_MAX) break
  }
  return Math.max(end, from + 1)
}
