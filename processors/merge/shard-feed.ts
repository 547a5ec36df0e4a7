/**
 * One shard as the merge sees it: what was read and not given out yet, and the bound below which nothing will follow.
 *
 *   pending ──(all parents ended)──► open ──(end of the shard read, its children known)──► ended
 *
 * Synchronous; merge.ts does the reading.
 */
import { assert } from '../../core/assert.ts'
import { comparePositions, positionAt, type RecordBatch } from '../../core/record.ts'
import type { ShardRead, StartPosition } from '../../core/source.ts'
import type { ShardProgress } from './merge-position.ts'

/** What a record costs beside its bytes: spans, times and texts. */
const RECORD_OVERHEAD_BYTES = 64

interface Queued {
  readonly batch: RecordBatch
  readonly rowtimes: Float64Array
  readonly sizeBytes: number
  /** first record that was not given out */
  from: number
}

/** Consecutive records `[from, to)` of one batch. */
export interface Run {
  readonly batch: RecordBatch
  readonly rowtimes: Float64Array
  readonly from: number
  readonly to: number
}

export class ShardFeed {
  readonly shardId: string
  readonly parentShardIds: readonly string[]
  readonly start: StartPosition
  state: 'pending' | 'open' | 'ended' = 'pending'
  /** no later record of the shard has a smaller rowtime; -Infinity before the first reply */
  bound = Number.NEGATIVE_INFINITY
  /** null before the first reply */
  behindLatestMs: number | null = null
  queuedBytes = 0
  /** records of all replies so far */
  recordsIn = 0
  /** when the source was last asked to wait for news, monotonic milliseconds */
  idleAtMs = Number.NEGATIVE_INFINITY
  #lastRead = Number.NEGATIVE_INFINITY
  #lastGiven = Number.NEGATIVE_INFINITY
  #given: { readonly sequenceNumber: string; readonly subsequenceNumber: number } | null = null
  #queue: Queued[] = []

  constructor(
    shardId: string,
    parentShardIds: readonly string[],
    start: StartPosition,
    progress: ShardProgress | undefined,
  ) {
    this.shardId = shardId
    this.parentShardIds = parentShardIds
    this.start = progress?.start ?? start
    if (progress === undefined) return
    this.#lastRead = this.#lastGiven = this.bound = progress.lastRowtime ?? Number.NEGATIVE_INFINITY
    if (progress.sequenceNumber !== null)
      this.#given = { sequenceNumber: progress.sequenceNumber, subsequenceNumber: progress.subsequenceNumber }
    if (progress.ended) this.state = 'ended'
  }

  /** Where to read on. */
  get from(): StartPosition {
    return this.#given === null ? this.start : { kind: 'after', position: { shardId: this.shardId, ...this.#given } }
  }

  /** Rowtime of the first record that waits; undefined when none does. */
  get headRowtime(): number | undefined {
    const head = this.#queue[0]
    return head?.rowtimes[head.from]
  }

  get progress(): ShardProgress {
    return {
      sequenceNumber: this.#given?.sequenceNumber ?? null,
      subsequenceNumber: this.#given?.subsequenceNumber ?? 0,
      start: this.start,
      lastRowtime: this.#lastGiven === Number.NEGATIVE_INFINITY ? null : this.#lastGiven,
      ended: this.state === 'ended' && this.#queue.length === 0,
    }
  }

  /** Opens the shard: it starts from the greatest rowtime of its parents and holds their bound until its own first reply. */
  open(parents: readonly ShardFeed[]): void {
    assert(this.state === 'pending', 'a shard is opened once')
    this.state = 'open'
    for (const parent of parents) {
      this.#lastRead = Math.max(this.#lastRead, parent.#lastRead)
      this.#lastGiven = Math.max(this.#lastGiven, parent.#lastRead)
      this.bound = Math.max(this.bound, parent.bound)
    }
  }

  /**
   * Takes a reply in.
   * @param watermark what was promised: no record gets a rowtime below it
   * @returns how many records arrived below the record before them or below the watermark, and were raised
   */
  accept(read: ShardRead, watermark: number, idleSlackMs: number): number {
    const { records } = read
    this.behindLatestMs = read.millisBehindLatest
    if (records.length === 0) {
      // The end of a shard says nothing about the present: its children may have had records since it closed.
      if (read.millisBehindLatest === 0 && !read.ended)
        this.bound = Math.max(this.bound, read.requestedAt - idleSlackMs)
      return 0
    }
    this.recordsIn += records.length
    const { arrivedAt, sizes, length } = records
    let sizeBytes = length * RECORD_OVERHEAD_BYTES
    for (let i = 0; i < length; i++) sizeBytes += sizes[i] ?? 0
    const first = Math.max(this.#lastRead, watermark)
    const { rowtimes, raised } = isRising(arrivedAt, length, first)
      ? { rowtimes: arrivedAt, raised: 0 }
      : raisedTimes(arrivedAt, length, first)
    const last = rowtimes[length - 1] ?? first
    this.#lastRead = last
    this.bound = Math.max(this.bound, last)
    this.#queue.push({ batch: records, rowtimes, sizeBytes, from: 0 })
    this.queuedBytes += sizeBytes
    return raised
  }

  /** Order by the first record that waits: rowtime, then position. Both have one. */
  compareHeads(other: ShardFeed): number {
    const a = this.#queue[0]
    const b = other.#queue[0]
    assert(a !== undefined && b !== undefined, 'only shards with records are compared')
    return compareRecords(a, a.from, b, b.from)
  }

  /**
   * Gives out the longest run that starts at the first waiting record, lies in one batch, has rowtimes below `below` and comes
   * before the first waiting record of `next`. It holds at least one record.
   */
  takeRun(below: number, next: ShardFeed | undefined, recordsMax: number): Run {
    const head = this.#queue[0]
    assert(head !== undefined, 'a run is taken from a shard with records')
    const rival = next === undefined ? undefined : next.#queue[0]
    const end = Math.min(head.batch.length, head.from + recordsMax)
    const belongs = (index: number): boolean =>
      (head.rowtimes[index] ?? 0) < below && (rival === undefined || compareRecords(head, index, rival, rival.from) < 0)
    // Doubling steps, then halving ones: short runs cost little, long ones their logarithm.
    let low = head.from
    let step = 1
    while (low + step < end && belongs(low + step)) {
      low += step
      step *= 2
    }
    let high = Math.min(end, low + step)
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (belongs(middle)) low = middle
      else high = middle
    }
    const run: Run = { batch: head.batch, rowtimes: head.rowtimes, from: head.from, to: high }
    head.from = high
    this.#lastGiven = head.rowtimes[high - 1] ?? this.#lastGiven
    this.#given = {
      sequenceNumber: head.batch.sequenceNumber(high - 1),
      subsequenceNumber: head.batch.subsequenceNumber(high - 1),
    }
    if (high === head.batch.length) {
      this.#queue.shift()
      this.queuedBytes -= head.sizeBytes
    }
    return run
  }
}

/** Whether no time is below the one before it, or the first below `least`: nearly always. */
function isRising(times: Float64Array, length: number, least: number): boolean {
  let last = least
  for (let i = 0; i < length; i++) {
    const time = times[i] ?? last
    // Neither is one that is no number.
    if (!(time >= last)) return false
    last = time
  }
  return true
}

/** The times with those that fall behind raised to the greatest before them. */
function raisedTimes(times: Float64Array, length: number, least: number): { rowtimes: Float64Array; raised: number } {
  const rowtimes = new Float64Array(length)
  let last = least
  let raised = 0
  for (let i = 0; i < length; i++) {
    const time = times[i] ?? last
    if (time < last) raised++
    else last = time
    rowtimes[i] = last
  }
  return { rowtimes, raised }
}

function compareRecords(a: Queued, i: number, b: Queued, j: number): number {
  const byRowtime = (a.rowtimes[i] ?? 0) - (b.rowtimes[j] ?? 0)
  return byRowtime !== 0 ? byRowtime : comparePositions(positionAt(a.batch, i), positionAt(b.batch, j))
}
