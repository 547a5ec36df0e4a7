/** From where a caller wants to read to the counter to read next. */
import { MillraceError } from '../../core/index.ts'
import type { IteratorStart } from '../stream.ts'
import type { LocalShard } from './local-shard.ts'
import { counterOf } from './sequence-counter.ts'

export interface StartContext {
  readonly streamName: string
  readonly now: number
  /** no record of the stream has a smaller one; the number before it names the place where nothing was read yet */
  readonly firstCounter: number
  /** no record has it yet */
  readonly nextCounter: number
}

/** @throws MillraceError `invalid_argument` for an instant to come, or a number that is none of this stream */
export async function startCounter(context: StartContext, shard: LocalShard, from: IteratorStart): Promise<number> {
  switch (from.kind) {
    case 'trimHorizon':
      return shard.record.firstCounter
    case 'latest':
      return shard.log.tip
    case 'atTimestamp':
      if (from.timestamp > context.now)
        throw new MillraceError(
          'invalid_argument',
          `timestamp ${new Date(from.timestamp).toISOString()} lies in the future; start at an instant that has passed, or at the latest`,
        )
      return shard.log.counterAtArrival(from.timestamp)
    case 'at':
      return counterIn(context, shard, from.sequenceNumber)
    case 'after': {
      const { sequenceNumber, subsequenceNumber } = from.position
      return counterIn(context, shard, sequenceNumber) + (subsequenceNumber < 0 ? 0 : 1)
    }
  }
}

function counterIn(
  { streamName, firstCounter, nextCounter }: StartContext,
  shard: LocalShard,
  sequenceNumber: string,
): number {
  const counter = counterOf(sequenceNumber)
  if (counter === null || counter < firstCounter - 1 || counter >= nextCounter)
    throw new MillraceError(
      'invalid_argument',
      `sequence number ${sequenceNumber} used on shard ${shard.shardId} in stream ${streamName} is invalid because it did not come from this stream`,
    )
  return counter
}
