/**
 * What has become of a stream that refuses to be read. A refusal alone does not tell: the service says the same of a stream that was
 * deleted, of one that was created again under the name, of a shard whose records are all too old, and of a fan-out consumer that
 * somebody took away. So the stream itself is asked, once for all shards that are refused at a time.
 */
import { type Clock, hasCode, type ShardDescription, type StreamSource } from '../../core/index.ts'

/**
 * `there`: the stream is the one it was, and lists the shard. `ended`: it does not list the shard any more. `gone`: there is no stream
 * of the name. `recreated`: there is another one.
 */
export type StreamState =
  | { readonly kind: 'there' | 'gone' }
  | { readonly kind: 'ended'; readonly childShards: readonly ShardDescription[] }
  | { readonly kind: 'recreated'; readonly createdAt: number; readonly before: number }

/** Shards that are refused within this time share one answer. */
const ANSWER_MS = 1_000

interface Answer {
  readonly askedMs: number
  readonly createdAt: Promise<number | null>
  readonly shards: Promise<readonly ShardDescription[]>
}

export class StreamWatch {
  readonly #source: StreamSource
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #signal = new AbortController().signal
  #answer: Answer | null = null
  #known: { readonly askedMs: number; readonly createdAt: Promise<number | null> } | null = null

  constructor(source: StreamSource, clock: Pick<Clock, 'monotonicMs'>) {
    this.#source = source
    this.#clock = clock
  }

  /** When the stream of now was created; null where nobody knows. Answers are seconds old at most. Never rejects. */
  createdAt(): Promise<number | null> {
    const askedMs = this.#clock.monotonicMs()
    if (this.#known === null || askedMs - this.#known.askedMs > ANSWER_MS)
      this.#known = { askedMs, createdAt: this.#ask().catch(() => null) }
    return this.#known.createdAt
  }

  /**
   * @param before what `createdAt` said when reading began
   * @throws MillraceError what asking failed with
   */
  async stateOf(shardId: string, before: number | null): Promise<StreamState> {
    const { createdAt, shards } = this.#answerOfNow()
    try {
      const now = await createdAt
      if (now !== null && before !== null && now !== before) {
        this.#known = { askedMs: this.#clock.monotonicMs(), createdAt: Promise.resolve(now) }
        return { kind: 'recreated', createdAt: now, before }
      }
      const listed = await shards
      if (listed.some(shard => shard.shardId === shardId)) return { kind: 'there' }
      return { kind: 'ended', childShards: listed.filter(({ parentShardIds }) => parentShardIds.includes(shardId)) }
    } catch (error) {
      if (hasCode(error, 'not_found')) return { kind: 'gone' }
      throw error
    }
  }

  #answerOfNow(): Answer {
    const askedMs = this.#clock.monotonicMs()
    if (this.#answer === null || askedMs - this.#answer.askedMs > ANSWER_MS) {
      const createdAt = this.#ask()
      const shards = createdAt.then(() => this.#source.listShards(this.#signal))
      shards.catch(() => {})
      this.#answer = { askedMs, createdAt, shards }
    }
    return this.#answer
  }

  #ask(): Promise<number | null> {
    return this.#source.createdAt?.(this.#signal) ?? Promise.resolve(null)
  }
}
