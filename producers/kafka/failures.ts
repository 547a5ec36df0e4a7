/** What kafkajs's errors mean for the records of a batch, in the words of the producer. */
import type { PutRefused } from '../put-target.ts'

/** Kafka's error types after which a smaller batch may pass. Kafka protocol guide, error codes 10 and 18. */
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** Error types with which a broker says that it does not know, or that too few others know: the batch may be in the log. */
const MAYBE_STORED = new Set(['REQUEST_TIMED_OUT', 'NETWORK_EXCEPTION', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'UNKNOWN'])

/** Error types about the numbering of batches. */
const NUMBERING = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])

/**
 * The code and the text of an error: the protocol's own name (`NOT_LEADER_FOR_PARTITION`) where a broker said it, else the
 * name of the class, without the wrapper that kafkajs puts around the last of several tries.
 */
export function refusalOf(error: unknown): PutRefused {
  const inner = innermost(error)
  if (!(inner instanceof Error)) return { errorCode: 'Unknown', errorMessage: String(inner) }
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : ''
  return { errorCode: typeOf(inner) || code || inner.name, errorMessage: inner.message }
}

export function isTooLarge(error: unknown): boolean {
  return TOO_LARGE.has(typeOf(innermost(error)))
}

/** The transaction before this one is still being ended by the broker. */
export function isTooEarly(error: unknown): boolean {
  return typeOf(innermost(error)) === 'CONCURRENT_TRANSACTIONS'
}

/** An idempotent batch that the broker has already. */
export function isDuplicate(error: unknown): boolean {
  return typeOf(innermost(error)) === 'DUPLICATE_SEQUENCE_NUMBER'
}

/** True where a broker answered that it did not take the batch and will not take it; after anything else it may have taken it. */
export function isFinalRefusal(error: unknown): boolean {
  const inner = innermost(error)
  const type = typeOf(inner)
  const retriable = inner instanceof Error && 'retriable' in inner && inner.retriable === true
  return type !== '' && !retriable && !MAYBE_STORED.has(type) && !NUMBERING.has(type)
}

/** True where the broker says that batches do not follow each other: kafkajs cannot go on with this producer id. */
export function isNumberingBroken(error: unknown): boolean {
  return NUMBERING.has(typeOf(innermost(error)))
}

/** Kafka's own name of a protocol error; empty for any other. */
function typeOf(error: unknown): string {
  const named = error instanceof Error && error.name === 'KafkaJSProtocolError' && 'type' in error
  return named && typeof error.type === 'string' ? error.type : ''
}

function innermost(error: unknown): unknown {
  let inner = error
  while (inner instanceof Error && inner.name === 'KafkaJSNumberOfRetriesExceeded' && inner.cause instanceof Error)
    inner = inner.cause
  return inner
}
