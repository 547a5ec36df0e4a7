/** An embedded stream with faults, for callers in the process: what a remote client would get, without a network. */
import type { ShardDescription } from '../../../core/index.ts'
import type { GetRecordsResult, IteratorStart, PutAccepted, PutEntry, PutOutcome, Stream } from '../../stream.ts'
import type { LocalStream } from '../local-stream.ts'
import { decodeIterator } from '../shard-iterator.ts'
import type { EntryFault, FaultPlan } from './fault-plan.ts'
import { faultyCall } from './faulty-call.ts'

export class FaultyStream implements Stream {
  readonly #stream: LocalStream
  readonly #faults: FaultPlan

  constructor(stream: LocalStream, faults: FaultPlan) {
    this.#stream = stream
    this.#faults = faults
  }

  get streamName(): string {
    return this.#stream.streamName
  }

  /** @throws MillraceError besides those of the stream: `connection_lost`, `internal`, `throttled`, all with retry `backoff` */
  put(entry: PutEntry): Promise<PutAccepted> {
    return this.#run('PutRecord', undefined, () => this.#stream.put(entry))
  }

  /** @throws MillraceError as `put` */
  putMany(entries: readonly PutEntry[]): Promise<readonly PutOutcome[]> {
    return this.#run('PutRecords', undefined, refuseEntry => putInPart(this.#stream, entries, refuseEntry))
  }

  listShards(signal?: AbortSignal): Promise<readonly ShardDescription[]> {
    return this.#run('ListShards', undefined, () => this.#stream.listShards(signal))
  }

  getIterator(shardId: string, from: IteratorStart): Promise<string> {
    return this.#run('GetShardIterator', shardId, () => this.#stream.getIterator(shardId, from))
  }

  getRecords(iterator: string, recordsMax?: number): Promise<GetRecordsResult> {
    const { shardId } = decodeIterator(iterator)
    return this.#run('GetRecords', shardId, () => this.#stream.getRecords(iterator, recordsMax))
  }

  #run<T>(
    operation: string,
    shardId: string | undefined,
    work: (refuseEntry: EntryFault | null) => Promise<T>,
  ): Promise<T> {
    return faultyCall(this.#stream, this.#faults, operation, shardId, work)
  }
}

/** Puts the entries that a fault does not refuse; one outcome for each entry, in their order. */
export async function putInPart(
  stream: LocalStream,
  entries: readonly PutEntry[],
  refuseEntry: EntryFault | null,
): Promise<readonly PutOutcome[]> {
  if (refuseEntry === null) return stream.putMany(entries)
  const outcomes: (PutOutcome | null)[] = entries.map((entry, place) => {
    const { shardId } = stream.shardFor(entry)
    const code = refuseEntry(place, entry, shardId)
    if (code === null) return null
    const message = code === 'throttled' ? stream.rateExceeded(shardId) : 'Internal service failure.'
    return { accepted: false, code, message }
  })
  const taken = entries.filter((_, place) => outcomes[place] === null)
  const answers = taken.length === 0 ? [] : await stream.putMany(taken)
  let next = 0
  return outcomes.map(outcome => outcome ?? (answers[next++] as PutOutcome))
}
