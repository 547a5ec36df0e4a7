/** Which input stream each record goes to, where an input has several (InputParallelism). */
import { type RecordBatch, RecordBatchBuilder } from '../../core/record.ts'

/**
 * The input stream of a shard, from 0 to `streams` - 1. It follows from the name alone, so that it stays the same over restarts:
 * names that end in a number are dealt out by it, which spreads the shards evenly; others by a sum of their characters.
 */
export function inputStreamOf(shardId: string, streams: number): number {
  const digits = /\d+$/.exec(shardId)?.[0]
  if (digits !== undefined) return Number(BigInt(digits) % BigInt(streams))
  let sum = 0
  for (let i = 0; i < shardId.length; i++) sum = (sum * 31 + shardId.charCodeAt(i)) >>> 0
  return sum % streams
}

/** The records of a batch for each of several input streams, in their order. */
export class InputSplitter {
  readonly #builders: readonly RecordBatchBuilder[]
  readonly #streamOf = new Map<string, number>()

  constructor(streams: number) {
    this.#builders = Array.from({ length: streams }, () => new RecordBatchBuilder())
  }

  split(batch: RecordBatch): readonly RecordBatch[] {
    for (let from = 0, to = 0; from < batch.length; from = to) {
      const stream = this.#stream(batch.shardId(from))
      for (to = from + 1; to < batch.length && this.#stream(batch.shardId(to)) === stream; ) to++
      this.#builders[stream]?.addRun(batch, from, to)
    }
    return this.#builders.map(builder => builder.take())
  }

  #stream(shardId: string): number {
    let stream = this.#streamOf.get(shardId)
    if (stream === undefined) {
      stream = inputStreamOf(shardId, this.#builders.length)
      this.#streamOf.set(shardId, stream)
    }
    return stream
  }
}
