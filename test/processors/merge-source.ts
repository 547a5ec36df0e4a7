/** A stream in simulated time: what each shard holds is known beforehand and comes into view as the clock goes on. */
import type { Clock } from '../../core/env.ts'
import { MillraceError } from '../../core/errors.ts'
import { type RecordBatch, RecordBatchBuilder } from '../../core/record.ts'
import type { ShardDescription, ShardReader, StreamSource } from '../../core/source.ts'

export interface SimRecord {
  readonly arrivedAt: number
  readonly sequence: number
  readonly subsequence?: number
  /** when reads begin to see it; default its arrival */
  readonly visibleAt?: number
  /** default `record SEQUENCE.SUBSEQUENCE` */
  readonly text?: string
}

export interface SimShard {
  readonly shardId: string
  readonly parentShardIds?: readonly string[]
  readonly records: readonly SimRecord[]
  /** the shard is listed from then on; default always */
  readonly listedAt?: number
  /** it takes no records from then on; default never */
  readonly closedAt?: number
  /** how many milliseconds its reads are behind at a time; default 0 */
  readonly lag?: (now: number) => number
  readonly fails?: (now: number) => boolean
  readonly recordsPerReadMax?: number
}

export interface SimSourceOptions {
  readonly clock: Clock
  readonly shards: readonly SimShard[]
  /** how long a read takes; default 2 ms */
  readonly readMs?: () => number
  /** longest `wait`; default 50 ms */
  readonly waitMs?: number
}

export class SimSource implements StreamSource {
  readonly streamName = 'simulated'
  readonly opened: string[] = []
  /** records that were read, by shard */
  readonly read: Record<string, number> = {}
  readonly #options: SimSourceOptions

  constructor(options: SimSourceOptions) {
    this.#options = options
  }

  async listShards(): Promise<readonly ShardDescription[]> {
    const now = this.#options.clock.now()
    return this.#options.shards
      .filter(shard => (shard.listedAt ?? 0) <= now)
      .map(({ shardId, parentShardIds = [], closedAt = Number.POSITIVE_INFINITY }) => ({
        shardId,
        parentShardIds,
        startingHashKey: 0n,
        endingHashKey: 0n,
        closed: closedAt <= now,
      }))
  }

  async openShard(shardId: string, from: Parameters<StreamSource['openShard']>[1]): Promise<ShardReader> {
    const { clock, readMs = () => 2 } = this.#options
    const shard = this.#options.shards.find(({ shardId: id }) => id === shardId)
    if (shard === undefined) throw new MillraceError('not_found', `no shard ${shardId}`)
    this.opened.push(shardId)
    const { records, closedAt = Number.POSITIVE_INFINITY, lag = () => 0, recordsPerReadMax = 1_000 } = shard
    let next = 0
    if (from.kind === 'after')
      next = records.findIndex(
        ({ sequence, subsequence = 0 }) =>
          sequence > Number(from.position.sequenceNumber) ||
          (sequence === Number(from.position.sequenceNumber) && subsequence > from.position.subsequenceNumber),
      )
    if (from.kind === 'latest') next = records.findIndex(({ arrivedAt }) => arrivedAt > clock.now())
    if (from.kind === 'atTimestamp') next = records.findIndex(({ arrivedAt }) => arrivedAt >= from.timestamp)
    if (next < 0) next = records.length
    return {
      shardId,
      read: async (recordsMax, signal) => {
        const requestedAt = clock.now()
        await clock.sleep(readMs(), signal)
        if (shard.fails?.(clock.now()) === true)
          throw new MillraceError('throttled', `read of ${shardId} was refused`, { retry: 'backoff' })
        const sees = requestedAt - lag(requestedAt)
        const seen = (record: SimRecord | undefined): boolean =>
          record !== undefined && (record.visibleAt ?? record.arrivedAt) <= sees
        const from = next
        while (next - from < Math.min(recordsMax, recordsPerReadMax) && seen(records[next])) next++
        this.read[shardId] = (this.read[shardId] ?? 0) + next - from
        const left = records[next]
        return {
          records: batchOf(shardId, records.slice(from, next)),
          millisBehindLatest:
            left !== undefined && (left.visibleAt ?? left.arrivedAt) <= requestedAt
              ? Math.max(1, lag(requestedAt))
              : lag(requestedAt),
          requestedAt,
          ended: closedAt <= requestedAt && next === records.length,
        }
      },
      close: async () => {},
    }
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(this.#options.waitMs ?? 50, signal)
  }

  async close(): Promise<void> {}
}

function batchOf(shardId: string, records: readonly SimRecord[]): RecordBatch {
  const builder = new RecordBatchBuilder()
  for (const { arrivedAt, sequence, subsequence = 0, text } of records)
    builder.add({
      data: new TextEncoder().encode(text ?? `record ${sequence}.${subsequence}`),
      arrivedAt,
      rowtime: arrivedAt,
      sequenceNumber: String(sequence),
      subsequenceNumber: subsequence,
      partitionKey: String(sequence),
      shardId,
    })
  return builder.take()
}
