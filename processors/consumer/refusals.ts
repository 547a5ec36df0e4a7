/**
 * What a shard consumer does when its stream, its shard or its position is refused. Where the KCL takes each refusal for the end of the
 * shard, and stores that for good, here a shard ends only when its stream does not list it any more:
 *
 *   refused ─► the stream is ... the same, with the shard ──► repeat; the position is told to be strange
 *                             ... the same, without it ──► the shard has ended: its records were too old
 *                             ... gone ──► repeat until there is one; ended where the lease names the creation of its stream
 *                             ... another one ──► STOP: repeat and say so; READ_ANEW: the lease begins anew
 *
 * A read that succeeds after a refusal is looked at in the same way before it is delivered: another stream may take the position.
 */
import { hasCode, type MillraceError } from '../../core/index.ts'
import type { RecreatedStreamPolicy } from './configuration.ts'
import type { ConsumerEvent } from './consumer-event.ts'
import { type ExtendedSequenceNumber, formatExtended, isSentinel } from './leases/extended-sequence-number.ts'
import type { AfterRefusal } from './prefetcher.ts'
import type { ShardInfo } from './record-processor.ts'
import type { ShardLease } from './shard-consumer.ts'
import type { StreamWatch } from './stream-watch.ts'

/** Refusals in a row before a shard that is not listed has ended: a list may be a moment older than the shard. */
const UNLISTED_MAX = 3
/** A position that is refused once may have been that of an iterator. */
const REFUSED_POSITIONS_MAX = 2

/** Leases that a message names. */
const LEASES_SHOWN = 5

export interface RefusalsOptions {
  readonly info: ShardInfo
  readonly lease: Pick<ShardLease, 'readAnew'>
  readonly policy: RecreatedStreamPolicy
  readonly watch: Pick<StreamWatch, 'createdAt' | 'stateOf'> | undefined
  readonly endsWithStream: boolean
  checkpoint(): ExtendedSequenceNumber
  isLost(because: string): void
  streamGone(): void
  onEvent(event: ConsumerEvent): void
}

export class Refusals {
  readonly #options: RefusalsOptions
  #createdAt: number | null = null
  #hasRead = false
  #told: string | null = null

  constructor(options: RefusalsOptions) {
    this.#options = options
  }

  /** why nothing can be read; null while reads succeed */
  get problem(): string | null {
    return this.#told
  }

  /** Learns which stream it is that is read. */
  async begin(): Promise<void> {
    this.#createdAt = (await this.#options.watch?.createdAt()) ?? null
  }

  /** A read succeeded. */
  passed(): void {
    this.#hasRead = true
    this.#told = null
    // Asking failed at the start; it never rejects.
    if (this.#createdAt === null) void this.begin()
  }

  /**
   * @param error null for a read that succeeded after a refusal
   * @throws MillraceError what asking for the stream, or writing the lease, failed with
   */
  async after(error: MillraceError | null, failures: number): Promise<AfterRefusal> {
    const { watch, info, policy, endsWithStream } = this.#options
    const { streamName, shardId, streamIdentifier } = info
    if (watch === undefined) return error === null ? 'accept' : 'repeat'
    if (error?.code === 'invalid_argument' && failures < REFUSED_POSITIONS_MAX) return 'repeat'
    const state = await watch.stateOf(shardId, this.#createdAt)
    switch (state.kind) {
      case 'there': {
        if (error === null) return 'accept'
        const isStrange = error.code === 'invalid_argument' && !this.#hasRead
        if (isStrange && !isSentinel(this.#options.checkpoint().sequenceNumber)) {
          this.#tell('stream_recreated', `the checkpoint of ${shardId} is refused${this.strangePosition()}`)
          if (policy === 'READ_ANEW') await this.#readAnew()
        }
        return 'repeat'
      }
      case 'ended':
        if (error === null) return 'accept'
        return failures < UNLISTED_MAX ? 'repeat' : { childShards: state.childShards }
      case 'gone':
        if (endsWithStream) return this.#end(`stream ${streamIdentifier ?? streamName} was deleted`)
        this.#tell(
          'stream_gone',
          `stream ${streamName} is not there: it was deleted, and what was not read of ${shardId} is lost. Its lease is kept and the stream looked for until this worker is stopped; a stream that is created under the name is another one`,
        )
        return 'repeat'
      case 'recreated': {
        const when = `it was created at ${instant(state.before)}, and the one of its name at ${instant(state.createdAt)}`
        if (endsWithStream) return this.#end(`stream ${streamIdentifier ?? streamName} was deleted: ${when}`)
        this.#tell(
          'stream_recreated',
          `stream ${streamName} was deleted and created again: ${when}. What was not read of ${shardId} in the earlier one is lost${this.#uselessCheckpoint()}${policy === 'READ_ANEW' ? '; the new one is read anew (recreatedStream)' : RESET}`,
        )
        if (policy === 'READ_ANEW') await this.#readAnew()
        return 'repeat'
      }
    }
  }

  #uselessCheckpoint(): string {
    const checkpoint = this.#options.checkpoint()
    return isSentinel(checkpoint.sequenceNumber)
      ? ''
      : `, and the checkpoint ${formatExtended(checkpoint)} means nothing in the new one`
  }

  /** What it may mean that a stream does not know the checkpoint. */
  strangePosition(): string {
    return `; the checkpoint ${formatExtended(this.#options.checkpoint())} may be of an earlier stream of this name${RESET}`
  }

  /** The lease names the creation of its stream: a later one has leases of its own, and nothing is taken from it. */
  #end(because: string): AfterRefusal {
    const { shardId } = this.#options.info
    this.#options.streamGone()
    this.#tell('stream_gone', `${because}: ${shardId} ends here, and what was not read of it is lost`)
    return { childShards: [] }
  }

  async #readAnew(): Promise<void> {
    try {
      await this.#options.lease.readAnew?.()
    } catch (error) {
      if (!hasCode(error, 'lease_lost')) throw error
      this.#options.isLost(error.message)
    }
  }

  /** Once for each thing that is wrong. */
  #tell(kind: 'stream_gone' | 'stream_recreated', message: string): void {
    if (this.#told === message) return
    this.#told = message
    const { shardId, streamName } = this.#options.info
    this.#options.onEvent({ kind, level: 'error', message, shardId, facts: { streamName } })
  }
}

/** What an operator can do. */
const RESET =
  ': run millrace checkpoints reset APPLICATION --to TRIM_HORIZON --force (or LATEST), or set recreatedStream to READ_ANEW'

/** What the leader tells. */
export function recreatedText(leaseKeys: readonly string[], isReadAnew: boolean): string {
  const shown = leaseKeys.slice(0, LEASES_SHOWN).join(', ')
  const more = leaseKeys.length > LEASES_SHOWN ? ` and ${leaseKeys.length - LEASES_SHOWN} more` : ''
  return `${shown}${more} were read to SHARD_END, and the stream has these shards open: it was deleted and created again under its name${isReadAnew ? '. They are read anew (recreatedStream)' : `, and nothing reads them${RESET}`}`
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
