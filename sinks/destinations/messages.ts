/**
 * SNS topics and SQS queues: batches of ten messages with an answer for each. (SQS API reference, SendMessageBatch; SNS API
 * reference, PublishBatch; SQS developer guide, "Message quotas" and "Exactly-once processing".)
 */
import { createHash } from 'node:crypto'
import type { ErrorOutputType, StreamRecord } from '../pipeline/record.ts'
import { clientRefusal } from './client-refusal.ts'
import {
  type CallResult,
  CLIENT_TIMEOUT_MS,
  type DestinationCall,
  type RecordDestination,
  type RecordOutcome,
  type RetryRule,
} from './destination.ts'
import type { DestinationFactory, DestinationSetup } from './open-destination.ts'
import { stableRecordId } from './stable-id.ts'

/** Entries of a batch, and bytes of all its messages together as both services take them everywhere. */
const ENTRIES_MAX = 10
export const MESSAGES_BYTES_DEFAULT = 262_144
const WAITS = { waitFirstMs: 200, waitMaxMs: 30_000 } as const

interface BatchOutput {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined
  readonly Failed?:
    | readonly {
        readonly Id?: string | undefined
        readonly Code?: string | undefined
        readonly Message?: string | undefined
        readonly SenderFault?: boolean | undefined
      }[]
    | undefined
}

interface Ordering {
  MessageGroupId?: string
  MessageDeduplicationId?: string
}

type Options = { readonly abortSignal: AbortSignal }

/** The part of the SDK's `SQS` client that is used; the package `@aws-sdk/client-sqs` is the caller's. */
export interface SqsLike {
  sendMessageBatch(
    input: { QueueUrl: string; Entries: ({ Id: string; MessageBody: string } & Ordering)[] },
    options: Options,
  ): Promise<BatchOutput>
}

/** The part of the SDK's `SNS` client that is used; the package `@aws-sdk/client-sns` is the caller's. */
export interface SnsLike {
  publishBatch(
    input: { TopicArn: string; PublishBatchRequestEntries: ({ Id: string; Message: string } & Ordering)[] },
    options: Options,
  ): Promise<BatchOutput>
}

export interface MessageOptions {
  /** of a FIFO queue or topic, for each record; default: the key that the record had in its source, else the stream's name */
  readonly messageGroupId?: (record: StreamRecord) => string
  /** of all messages of a call; default 256 KiB, which is also the largest message */
  readonly bytesMax?: number
}

/** Messages into a queue. In a FIFO queue a repeat within five minutes is dropped by its id. */
export function sqsDestination(
  options: MessageOptions & { readonly client: SqsLike; readonly QueueUrl: string },
): DestinationFactory {
  const { client, QueueUrl } = options
  const send: Send = (entries, signal) =>
    client.sendMessageBatch(
      { QueueUrl, Entries: entries.map(({ text, ...entry }) => ({ ...entry, MessageBody: text })) },
      signal,
    )
  return setup => new Messages({ name: 'SQS', errorType: 'sqs-failed', place: QueueUrl, send }, options, setup)
}

/** Messages to a topic. */
export function snsDestination(
  options: MessageOptions & { readonly client: SnsLike; readonly TopicArn: string },
): DestinationFactory {
  const { client, TopicArn } = options
  const send: Send = (entries, signal) =>
    client.publishBatch(
      { TopicArn, PublishBatchRequestEntries: entries.map(({ text, ...entry }) => ({ ...entry, Message: text })) },
      signal,
    )
  return setup => new Messages({ name: 'SNS', errorType: 'sns-failed', place: TopicArn, send }, options, setup)
}

type Send = (entries: ({ Id: string; text: string } & Ordering)[], options: Options) => Promise<BatchOutput>

interface Service {
  readonly name: 'SQS' | 'SNS'
  readonly errorType: ErrorOutputType
  /** URL or ARN: those of FIFO end in `.fifo` */
  readonly place: string
  readonly send: Send
}

class Messages implements RecordDestination {
  readonly name: 'SQS' | 'SNS'
  readonly errorType: ErrorOutputType
  readonly callsMax: number
  readonly recordsMax = ENTRIES_MAX
  readonly bytesMax: number
  readonly successOf = 'records'
  readonly callTimeoutMs = CLIENT_TIMEOUT_MS
  readonly retry: RetryRule
  readonly #service: Service
  readonly #fifo: boolean
  readonly #options: MessageOptions
  readonly #setup: DestinationSetup

  constructor(
    service: Service,
    options: MessageOptions,
    setup: DestinationSetup & { readonly retryDurationSeconds: number },
  ) {
    this.name = service.name
    this.errorType = service.errorType
    this.bytesMax = options.bytesMax ?? MESSAGES_BYTES_DEFAULT
    this.retry = { ...WAITS, durationSeconds: setup.retryDurationSeconds, countsFrom: 'first-failure' }
    this.#service = service
    this.#fifo = service.place.endsWith('.fifo')
    // Ten messages a call are few: several calls at a time, where no order is kept.
    this.callsMax = this.#fifo ? 1 : 8
    this.#options = options
    this.#setup = setup
  }

  sizeOf({ data }: StreamRecord): number {
    return data.length
  }

  async call({ records }: DestinationCall, signal: AbortSignal): Promise<CallResult> {
    const outcomes: RecordOutcome[] = records.map(() => null)
    const entries: ({ Id: string; text: string } & Ordering)[] = []
    records.forEach((record, index) => {
      const text = messageText(record.data)
      if (text === null) {
        const message = 'a message is text in UTF-8, not empty, without control characters or U+FFFE and U+FFFF'
        outcomes[index] = { code: `${this.name}.InvalidMessageContents`, message, retry: 'never' }
      } else entries.push({ Id: String(index), text, ...(this.#fifo && this.#orderingOf(record)) })
    })
    if (entries.length === 0) return { outcomes }
    try {
      const { Successful = [], Failed = [] } = await this.#service.send(entries, { abortSignal: signal })
      for (const { Id } of entries)
        outcomes[Number(Id)] = {
          code: `${this.name}.InvalidResponse`,
          message: 'the reply does not say what became of the message',
          retry: 'backoff',
        }
      for (const { Id } of Successful) outcomes[Number(Id)] = null
      // A throttled message is not the sender's fault, and comes again.
      for (const { Id, Code = 'Unknown', Message = '', SenderFault } of Failed)
        outcomes[Number(Id)] = {
          code: `${this.name}.${Code}`,
          message: Message,
          retry: SenderFault === true && !/throttl/i.test(Code) ? 'never' : 'backoff',
        }
      return { outcomes }
    } catch (error) {
      const refused = clientRefusal(this.name, error)
      for (const { Id } of entries) outcomes[Number(Id)] = refused.outcomes as RecordOutcome
      return { ...refused, outcomes }
    }
  }

  #orderingOf(record: StreamRecord): Ordering {
    const { streamName } = this.#setup
    const id = createHash('sha256').update(stableRecordId(record, this.#setup)).digest('hex')
    const group = this.#options.messageGroupId?.(record) ?? (record.source?.partitionKey || streamName)
    return { MessageGroupId: group, MessageDeduplicationId: id }
  }
}

/** SQS API reference, SendMessage: `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`, at least one. */
function messageText(data: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)
    return /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]+$/u.test(text) ? text : null
  } catch {
    return null
  }
}
