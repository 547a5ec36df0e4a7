/**
 * What a group commits for a partition, and what that says of the processor's checkpoint. Kafka keeps the next offset to read and
 * a short text beside it:
 *
 *   checkpoint (offset, 0) of a plain record          offset + 1, no text
 *   checkpoint within an aggregate (offset, n)        offset, and the text has n: the aggregate comes again, without what is done
 *   a prepared checkpoint                             the text has its position and the application's state
 */
import { MillraceError } from '../../../core/index.ts'
import { type ExtendedSequenceNumber, isSentinel, TRIM_HORIZON } from '../leases/extended-sequence-number.ts'
import type { CheckpointWrite } from '../shard-checkpointer.ts'

/** Before what is ours, so that the text of other tools is left alone. */
const MARK = 'millrace:'

export interface Committed {
  /** the next offset to read */
  readonly offset: bigint
  readonly metadata: string
}

export interface CommittedCheckpoint {
  readonly checkpoint: ExtendedSequenceNumber
  readonly pendingCheckpoint: ExtendedSequenceNumber | null
  readonly pendingCheckpointState: Uint8Array | null
}

interface Text {
  readonly sub?: number
  readonly pending?: readonly [sequenceNumber: string, subsequenceNumber: number]
  readonly state?: string
}

/** The checkpoint just before an offset: everything below is finished. */
export function checkpointBefore(offset: bigint): ExtendedSequenceNumber {
  return offset <= 0n ? TRIM_HORIZON : { sequenceNumber: String(offset - 1n), subsequenceNumber: 0 }
}

/**
 * @param unpacks whether aggregates are unpacked
 * @param start the offset at which reading began, for a checkpoint that no record has moved
 * @param endOf the offset after a record, with those behind it that readers do not see
 */
export function committedOf(
  { checkpoint, pendingCheckpoint, pendingCheckpointState }: CheckpointWrite,
  unpacks: boolean,
  start: bigint,
  endOf: (offset: bigint) => bigint,
): Committed {
  const pending: Text =
    pendingCheckpoint === null
      ? {}
      : {
          pending: [pendingCheckpoint.sequenceNumber, pendingCheckpoint.subsequenceNumber],
          ...(pendingCheckpointState === null ? {} : { state: Buffer.from(pendingCheckpointState).toString('base64') }),
        }
  const { sequenceNumber, subsequenceNumber } = checkpoint
  if (isSentinel(sequenceNumber)) return { offset: start, metadata: format(pending) }
  const offset = BigInt(sequenceNumber)
  // Below the start nothing was unpacked here: it is the checkpoint that reading began with.
  if (unpacks && offset >= start) return { offset, metadata: format({ sub: subsequenceNumber, ...pending }) }
  return { offset: endOf(offset), metadata: format(pending) }
}

export function checkpointOf({ offset, metadata }: Committed): CommittedCheckpoint {
  const { sub, pending, state } = parse(metadata)
  return {
    checkpoint:
      sub === undefined ? checkpointBefore(offset) : { sequenceNumber: String(offset), subsequenceNumber: sub },
    pendingCheckpoint: pending === undefined ? null : { sequenceNumber: pending[0], subsequenceNumber: pending[1] },
    pendingCheckpointState: state === undefined ? null : new Uint8Array(Buffer.from(state, 'base64')),
  }
}

/** Whether a committed offset is within a record: the checkpoint and the offset are then one. */
export function isWithinRecord({ metadata }: Committed): boolean {
  return parse(metadata).sub !== undefined
}

function format(text: Text): string {
  return Object.keys(text).length === 0 ? '' : `${MARK}${JSON.stringify(text)}`
}

function parse(metadata: string): Text {
  if (!metadata.startsWith(MARK)) return {}
  try {
    const text = JSON.parse(metadata.slice(MARK.length)) as Text
    const isPlace = (at: Text['pending']): boolean =>
      at === undefined || (Array.isArray(at) && /^\d+$/.test(String(at[0])) && Number.isSafeInteger(at[1]))
    const isRight =
      (text.sub === undefined || Number.isSafeInteger(text.sub)) &&
      isPlace(text.pending) &&
      (text.state === undefined || typeof text.state === 'string')
    return isRight ? text : {}
  } catch {
    return {}
  }
}

/** What a commit's failure means for the processor. */
export function commitError(error: unknown, shardId: string): MillraceError {
  const type = (error as { readonly type?: unknown } | null)?.type
  const text = error instanceof Error ? error.message : String(error)
  switch (type) {
    case 'ILLEGAL_GENERATION':
    case 'UNKNOWN_MEMBER_ID':
    case 'REBALANCE_IN_PROGRESS':
    case 'FENCED_INSTANCE_ID':
      return new MillraceError(
        'lease_lost',
        `cannot checkpoint ${shardId}: the group has rebalanced without this member (${String(type)}); records after the last checkpoint come again`,
        { cause: error },
      )
    case 'OFFSET_METADATA_TOO_LARGE':
      return new MillraceError(
        'invalid_argument',
        `state of a prepared checkpoint of ${shardId} is more than the broker keeps beside an offset; give less (about 3,000 bytes by default), or raise offset.metadata.max.bytes of the brokers`,
        { cause: error },
      )
    case 'GROUP_AUTHORIZATION_FAILED':
    case 'TOPIC_AUTHORIZATION_FAILED':
      return new MillraceError(
        'invalid_argument',
        `the brokers do not let this user commit for ${shardId} (${String(type)}); allow it READ on the group and on the topic`,
        { cause: error },
      )
    default:
      return new MillraceError('connection_lost', `committing ${shardId} failed: ${text}`, {
        retry: 'backoff',
        cause: error,
      })
  }
}
