/** Puts into a `Stream`: the embedded one, or a client that implements the same. */
import type { Stream, PutOutcome as StreamOutcome } from '../streams/index.ts'
import type { PutOutcome, PutTarget } from './put-target.ts'

/** The service's own codes for what the seam calls throttled and internal, so that attempts read alike everywhere. */
const SERVICE_CODES = { throttled: 'ProvisionedThroughputExceededException', internal: 'InternalFailure' } as const

/** The target that puts into `stream`. A put to it cannot be aborted; the producer's time limit holds all the same. */
export function streamTarget(stream: Pick<Stream, 'streamName' | 'putMany' | 'listShards'>): PutTarget {
  return {
    streamName: stream.streamName,
    async listShards(withClosed, signal) {
      const shards = await stream.listShards(signal)
      return withClosed ? shards : shards.filter(({ closed }) => !closed)
    },
    async putRecords(entries) {
      const outcomes = await stream.putMany(
        entries.map(({ data, partitionKey, explicitHashKey }) =>
          explicitHashKey === undefined
            ? { data, partitionKey }
            : { data, partitionKey, explicitHashKey: BigInt(explicitHashKey) },
        ),
      )
      return outcomes.map(outcomeOf)
    },
  }
}

function outcomeOf(outcome: StreamOutcome): PutOutcome {
  return outcome.accepted
    ? { shardId: outcome.shardId, sequenceNumber: outcome.sequenceNumber }
    : { errorCode: SERVICE_CODES[outcome.code], errorMessage: outcome.message }
}
