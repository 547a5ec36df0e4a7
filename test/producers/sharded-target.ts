/**
 * A stream as a script: shards that split and merge, a list of them that lags, calls that fail. It stores as the service does
 * (by explicit hash key), and reads back as the Kinesis Client Library does: an aggregate with a user record outside of its shard
 * is dropped whole. Hash keys are computed with node:crypto here, not with the code under test.
 */
import { createHash } from 'node:crypto'
import type { ListedShard, OpenShard, PutEntry, PutOutcome, PutTarget } from '../../producers/index.ts'
import { decodeAggregate } from '../../streams/aggregation.ts'
import type { SimClock } from '../support/sim-clock.ts'

const HASH_KEY_MAX = (1n << 128n) - 1n

export interface StoredRecord {
  readonly shard: OpenShard
  readonly sequenceNumber: number
  readonly entry: PutEntry
}

export interface ReadRecord {
  readonly text: string
  readonly partitionKey: string
  readonly shardId: string
  readonly sequenceNumber: string
  readonly subsequenceNumber: number
  readonly mark: string | null
}

/** What to do with an entry or with a whole call. */
export type Fault = 'throttle' | 'internal' | null

export class ShardedTarget implements PutTarget {
  readonly streamName = 'clicks'
  readonly clock: SimClock
  readonly stored: StoredRecord[] = []
  readonly calls: (readonly PutEntry[])[] = []
  open: OpenShard[]
  /** the list as ListShards shows it; null: up to date */
  listed: readonly OpenShard[] | null = null
  lists = 0
  latencyMs = 0
  /** for each entry, in the order of storing */
  fault: (shardId: string, entry: PutEntry) => Fault = () => null
  /** before a call is answered: an error loses the reply after everything was stored */
  reply: (callNumber: number) => Error | null | 'never' = () => null
  listFails: () => boolean = () => false
  #nextShard: number
  #sequence = 0
  readonly #closed: ListedShard[] = []

  constructor(clock: SimClock, shards: number) {
    this.clock = clock
    const width = (HASH_KEY_MAX + 1n) / BigInt(shards)
    this.open = Array.from({ length: shards }, (_, i) => ({
      shardId: shardIdOf(i),
      startingHashKey: width * BigInt(i),
      endingHashKey: i === shards - 1 ? HASH_KEY_MAX : width * BigInt(i + 1) - 1n,
    }))
    this.#nextShard = shards
  }

  /** Cuts a shard at a hash key, which begins the second child. */
  split(shardId: string, at?: bigint): void {
    const parent = this.open.find(shard => shard.shardId === shardId)
    if (parent === undefined) throw new Error(`no open shard ${shardId}`)
    const { startingHashKey, endingHashKey } = parent
    const middle = at ?? (startingHashKey + endingHashKey) / 2n + 1n
    if (middle <= startingHashKey || middle > endingHashKey) return
    this.open = this.open.filter(shard => shard !== parent)
    this.#closed.push({ ...parent, closed: true })
    this.open.push(
      { shardId: shardIdOf(this.#nextShard++), startingHashKey, endingHashKey: middle - 1n },
      { shardId: shardIdOf(this.#nextShard++), startingHashKey: middle, endingHashKey },
    )
  }

  /** Joins the shard with the one above it. */
  merge(shardId: string): void {
    const lower = this.open.find(shard => shard.shardId === shardId)
    const upper = this.open.find(shard => lower !== undefined && shard.startingHashKey === lower.endingHashKey + 1n)
    if (lower === undefined || upper === undefined) return
    this.open = this.open.filter(shard => shard !== lower && shard !== upper)
    this.#closed.push({ ...lower, closed: true }, { ...upper, closed: true })
    this.open.push({
      shardId: shardIdOf(this.#nextShard++),
      startingHashKey: lower.startingHashKey,
      endingHashKey: upper.endingHashKey,
    })
  }

  async listShards(withClosed: boolean): Promise<readonly ListedShard[]> {
    this.lists++
    await this.clock.sleep(this.latencyMs)
    if (this.listFails()) throw new Error('ListShards failed')
    return [
      ...(this.listed ?? this.open),
      ...(withClosed
        ? this.#closed.filter(({ shardId }) => this.listed?.some(one => one.shardId === shardId) !== true)
        : []),
    ]
  }

  async putRecords(entries: readonly PutEntry[], signal: AbortSignal): Promise<readonly PutOutcome[]> {
    const callNumber = this.calls.push(entries)
    await this.clock.sleep(this.latencyMs)
    const outcomes = entries.map(entry => this.#store(entry))
    const reply = this.reply(callNumber)
    if (reply === 'never') {
      await this.clock.sleep(3_600_000, signal)
      throw new Error('aborted')
    }
    if (reply !== null) throw reply
    return outcomes
  }

  #store(entry: PutEntry): PutOutcome {
    const hashKey = entry.explicitHashKey === undefined ? md5(entry.partitionKey) : BigInt(entry.explicitHashKey)
    const shard = this.open.find(one => hashKey >= one.startingHashKey && hashKey <= one.endingHashKey)
    if (shard === undefined) throw new Error(`no shard for ${hashKey}`)
    const fault = this.fault(shard.shardId, entry)
    if (fault !== null)
      return {
        errorCode: fault === 'throttle' ? 'ProvisionedThroughputExceededException' : 'InternalFailure',
        errorMessage: 'no',
      }
    const sequenceNumber = ++this.#sequence
    this.stored.push({ shard, sequenceNumber, entry })
    return { shardId: shard.shardId, sequenceNumber: String(sequenceNumber) }
  }

  /** Everything that a reader by KCL's rules delivers, in the order of storing; `dropped` counts aggregates that it drops. */
  read(): { readonly records: ReadRecord[]; readonly dropped: number } {
    const records: ReadRecord[] = []
    let dropped = 0
    for (const { shard, sequenceNumber, entry } of this.stored) {
      const place = { shardId: shard.shardId, sequenceNumber: String(sequenceNumber) }
      const aggregate = decodeAggregate(entry.data)
      if (aggregate === null) {
        const { partitionKey } = entry
        records.push({ ...place, text: textOf(entry.data), partitionKey, subsequenceNumber: 0, mark: null })
        continue
      }
      const inside: ReadRecord[] = []
      for (let i = 0; i < aggregate.length; i++) {
        const explicit = aggregate.explicitHashKey(i)
        const partitionKey = aggregate.partitionKey(i)
        const hashKey = explicit === null ? md5(partitionKey) : BigInt(explicit)
        if (hashKey < shard.startingHashKey || hashKey > shard.endingHashKey) break
        const offset = aggregate.offsets[i] ?? 0
        const text = textOf(aggregate.bytes.subarray(offset, offset + (aggregate.sizes[i] ?? 0)))
        inside.push({ ...place, text, partitionKey, subsequenceNumber: i, mark: aggregate.tag(i, 'mr') })
      }
      if (inside.length === aggregate.length) records.push(...inside)
      else dropped++
    }
    return { records, dropped }
  }
}

export function md5(text: string): bigint {
  return BigInt(`0x${createHash('md5').update(text, 'utf8').digest('hex')}`)
}

function shardIdOf(number: number): string {
  return `shardId-${String(number).padStart(12, '0')}`
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
