/** Puts into an embedded stream: which shard takes an entry, whether there is room, and when it may be answered. */
import { HASH_KEY_MAX, MillraceError } from '../../core/index.ts'
import { checkEntries, checkEntry, keyBytes } from '../put-limits.ts'
import type { PutAccepted, PutEntry, PutOutcome, PutRefused } from '../stream.ts'
import type { KeptDescription } from './kept-description.ts'
import type { LocalShard } from './local-shard.ts'
import type { StreamNotice } from './notice.ts'
import { sequenceNumberOf } from './sequence-counter.ts'
import type { ShardRates } from './shard-rates.ts'
import type { ShardTable } from './shard-table.ts'
import type { StreamSettings } from './stream-settings.ts'

/** An entry of a caller in this process, who may say when it arrived: history that is put again keeps its times. */
export interface LocalPutEntry extends PutEntry {
  /** epoch milliseconds; the stream's clock when left out */
  readonly arrivedAt?: number | undefined
}

/** Bytes that may wait for one shard's file; puts are throttled above. */
const WAITING_BYTES_MAX = 64 * 1_048_576

export interface IntakeOptions {
  readonly settings: StreamSettings
  readonly kept: KeptDescription
  readonly shards: ShardTable
  readonly rates: ShardRates
  readonly tell: (notice: StreamNotice) => void
  /** called when something may be read that was not there before */
  readonly announce: () => void
}

export class Intake {
  readonly #settings: StreamSettings
  readonly #kept: KeptDescription
  readonly #shards: ShardTable
  readonly #rates: ShardRates
  readonly #tell: (notice: StreamNotice) => void
  readonly #announce: () => void
  #heldBytes = 0

  constructor({ settings, kept, shards, rates, tell, announce }: IntakeOptions) {
    this.#settings = settings
    this.#kept = kept
    this.#shards = shards
    this.#rates = rates
    this.#tell = tell
    this.#announce = announce
  }

  async put(entry: LocalPutEntry): Promise<PutAccepted> {
    checkEntry(entry, this.#kept.current.recordBytesMax)
    const shard = this.shardFor(entry)
    const placed = this.#append(shard, entry, this.#settings.clock.now())
    if (!placed.accepted) throw new MillraceError('throttled', placed.message, { retry: 'backoff' })
    if (this.#settings.storage !== null) await shard.log.commit()
    await this.#shards.named()
    this.#announce()
    return placed
  }

  async putMany(entries: readonly LocalPutEntry[]): Promise<readonly PutOutcome[]> {
    checkEntries(entries, this.#kept.current.recordBytesMax)
    const now = this.#settings.clock.now()
    const shards = entries.map(entry => this.shardFor(entry))
    const outcomes: PutOutcome[] = entries.map((entry, i) =>
      this.#append(shards[i] ?? this.shardFor(entry), entry, now),
    )
    if (this.#settings.storage === null) {
      this.#announce()
      return outcomes
    }
    const failed = new Map<LocalShard, PutRefused>()
    await Promise.all(
      [...new Set(shards)].map(async shard => {
        try {
          await shard.log.commit()
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          failed.set(shard, { accepted: false, code: 'internal', message: `record not stored: ${reason}` })
        }
      }),
    )
    await this.#shards.named()
    this.#announce()
    if (failed.size === 0) return outcomes
    return outcomes.map((outcome, i) => (outcome.accepted ? (failed.get(shards[i] as LocalShard) ?? outcome) : outcome))
  }

  /**
   * The open shard that an entry goes to.
   * @throws MillraceError `invalid_argument` for an explicit hash key out of range
   */
  shardFor({ explicitHashKey, partitionKey }: PutEntry): LocalShard {
    if (explicitHashKey === undefined) return this.#shards.router.byPartitionKey(partitionKey)
    if (explicitHashKey < 0n || explicitHashKey > HASH_KEY_MAX)
      throw new MillraceError(
        'invalid_argument',
        `explicit hash key ${explicitHashKey} is not from 0 to ${HASH_KEY_MAX}`,
      )
    return this.#shards.router.byHashKey(explicitHashKey)
  }

  /** Counts anew what memory holds, after records were let go. */
  countHeld(): void {
    this.#heldBytes = this.#shards.all.reduce((sum, shard) => sum + shard.log.heldBytes, 0)
  }

  #append(shard: LocalShard, entry: LocalPutEntry, now: number): PutOutcome {
    const { log } = shard
    if (this.#settings.storage === null) {
      if (this.#heldBytes > this.#settings.memoryBytesMax && !this.#makeRoom()) return FULL
    } else if (log.waitingBytes > WAITING_BYTES_MAX) return SLOW
    const throughput = this.#rates.of(shard)
    if (throughput !== null) {
      const sizeBytes = entry.data.length + keyBytes(entry.partitionKey)
      if (!throughput.takeWrite(sizeBytes, this.#settings.clock.monotonicMs()))
        return { accepted: false, code: 'throttled', message: this.#rates.exceeded(shard.shardId) }
    }
    const counter = this.#shards.nextCounter++
    const before = log.heldBytes
    log.append(counter, entry.arrivedAt ?? now, now, entry.partitionKey, entry.data)
    this.#heldBytes += log.heldBytes - before
    return { accepted: true, shardId: shard.shardId, sequenceNumber: sequenceNumberOf(counter) }
  }

  #makeRoom(): boolean {
    if (this.#settings.whenFull === 'refuse') return false
    const largest = this.#shards.all.reduce((a, b) => (b.log.heldBytes > a.log.heldBytes ? b : a))
    this.#tell({ kind: 'trimmed_early', shardId: largest.shardId, records: largest.log.trimOldest() })
    this.countHeld()
    return true
  }
}

const FULL: PutRefused = {
  accepted: false,
  code: 'throttled',
  message: 'the stream in memory is full; wait for retention, raise memoryBytesMax, or keep the stream in files',
}

const SLOW: PutRefused = {
  accepted: false,
  code: 'throttled',
  message: 'records wait for the disk; put more slowly',
}
