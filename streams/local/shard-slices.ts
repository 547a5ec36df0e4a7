/** What one read of a shard gives: runs of records in blocks, not yet copied anywhere. */
import { type RecordBatch, RecordBatchBuilder } from '../../core/index.ts'
import type { RecordBlock } from './record-block.ts'

/** Records `[from, to)` of a block. */
export interface BlockSlice {
  readonly block: RecordBlock
  readonly from: number
  readonly to: number
}

export interface SlicesRead {
  readonly slices: readonly BlockSlice[]
  /** the counter at which the next read goes on */
  readonly next: number
  /** true when no record that may be read is at or after `next` */
  readonly atTip: boolean
}

/** arrival time of the last record of the slices; null when there is none */
export function lastArrival(slices: readonly BlockSlice[]): number | null {
  const last = slices.at(-1)
  return last === undefined ? null : last.block.arrivedAt(last.to - 1)
}

/** bytes of data and keys, as the service counts them */
export function slicesBytes(slices: readonly BlockSlice[]): number {
  let bytes = 0
  for (const { block, from, to } of slices) for (let i = from; i < to; i++) bytes += block.sizeBytes(i)
  return bytes
}

/** One batch of all slices; a view where there is one slice, a copy where there are several. */
export function batchOf(slices: readonly BlockSlice[], shardId: string): RecordBatch {
  const [only] = slices
  if (slices.length === 1 && only !== undefined) return only.block.batch(only.from, only.to, shardId)
  const builder = new RecordBatchBuilder()
  for (const { block, from, to } of slices) builder.addRun(block.batch(from, to, shardId), 0, to - from)
  return builder.take()
}

/** Takes runs of records until a read is full. At least one record is always taken. */
export class SliceCollector {
  readonly slices: BlockSlice[] = []
  readonly #bytesMax: number
  #recordsLeft: number
  #bytes = 0

  constructor(recordsMax: number, bytesMax: number) {
    this.#recordsLeft = recordsMax
    this.#bytesMax = bytesMax
  }

  /**
   * Takes what fits of `[from, to)`.
   * @returns where it stopped; less than `to` when the read is full
   */
  take(block: RecordBlock, from: number, to: number): number {
    let end = from
    while (end < to && this.#recordsLeft > 0) {
      const sizeBytes = block.sizeBytes(end)
      if (this.#bytes > 0 && this.#bytes + sizeBytes > this.#bytesMax) break
      this.#bytes += sizeBytes
      this.#recordsLeft--
      end++
    }
    if (end > from) this.slices.push({ block, from, to: end })
    return end
  }
}
