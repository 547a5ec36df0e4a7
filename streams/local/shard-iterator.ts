/** Shard iterators as texts: opaque to clients, and all that the stream needs to go on, so that it keeps no list of them. */
import { MillraceError, SHARD_ITERATOR_LIFE_MS } from '../../core/index.ts'

export interface ShardIterator {
  readonly issuedAt: number
  readonly streamName: string
  /** tells a stream from an older one of the same name */
  readonly streamCreatedAt: number
  readonly shardId: string
  /** the next counter to read */
  readonly counter: number
}

const VERSION = 'mr1'

export function encodeIterator(iterator: ShardIterator): string {
  const { issuedAt, streamName, streamCreatedAt, shardId, counter } = iterator
  return Buffer.from([VERSION, issuedAt, streamName, streamCreatedAt, shardId, counter].join('/')).toString('base64')
}

/** @throws MillraceError `invalid_argument` for a text that no stream gave out */
export function decodeIterator(token: string): ShardIterator {
  const bytes = Buffer.from(token, 'base64')
  const parts = bytes.toString('latin1').split('/')
  const [version, issuedAt, streamName, streamCreatedAt, shardId, counter] = parts
  const numbers = [issuedAt, streamCreatedAt, counter].map(text =>
    text === undefined || text === '' ? NaN : Number(text),
  )
  const [issued, created, next] = numbers
  if (
    bytes.toString('base64') !== token ||
    parts.length !== 6 ||
    version !== VERSION ||
    streamName === undefined ||
    shardId === undefined ||
    !Number.isFinite(issued) ||
    !Number.isFinite(created) ||
    !Number.isSafeInteger(next)
  )
    throw new MillraceError('invalid_argument', 'Invalid ShardIterator.')
  return {
    issuedAt: issued ?? 0,
    streamName,
    streamCreatedAt: created ?? 0,
    shardId,
    counter: next ?? 0,
  }
}

/** @throws MillraceError `expired_iterator` when it is older than 5 minutes */
export function checkIteratorAge(iterator: ShardIterator, now: number): void {
  if (now - iterator.issuedAt <= SHARD_ITERATOR_LIFE_MS) return
  throw new MillraceError(
    'expired_iterator',
    `Iterator expired. The iterator was created at time ${new Date(iterator.issuedAt).toUTCString()} while right now it is ${new Date(now).toUTCString()} which is further in the future than the tolerated delay of ${SHARD_ITERATOR_LIFE_MS} milliseconds.`,
  )
}
