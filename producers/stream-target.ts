/** Puts into a `Stream`: the embedded one, or a client that implements the same. */
import type { Stream, PutOutcome as StreamOutcome } from '../streams/index.ts'
import type { PutOutcome, PutTarget } from './put-target.ts'

/** The service's own codes for what the seam calls throttled and internal, so that attempts read alike everywhere. */
const SERVICE_CODES = { throttled: 'ProvisionedThroughputExceededException', internal: 'InternalFailure' } as const

/** The part of a stream that is used; an embedded one says in its description how large a record may be. */
export type StreamLike = Pick<Stream, 'streamName' | 'putMany' | 'listShards'> & {
  readonly description?: { readonly recordBytesMax?: number | undefined } | undefined
}

/** The target that puts into `stream`. A put to it cannot be aborted; the producer's time limit holds all the same. */
export function streamTarget(stream: StreamLike): PutTarget {
  return {
    streamName: stream.streamName,
    recordBytesMax: () => Promise.resolve(stream.description?.recordBytesMax ?? null),
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
