/** Takes records of many shards in the total order, run by run. */
import type { RecordBatch, RecordBatchBuilder } from '../../core/record.ts'
import type { Run, ShardFeed } from './shard-feed.ts'

/**
 * The next records whose rowtime is below `below`, in the order (rowtime, sequence number, subsequence number, shard).
 * @param recordsMax at most so many
 * @param bytesMax no further run is taken once so many bytes are together
 * @param builder an empty one; keep it from call to call, so that it knows how much room a batch takes
 */
export function mergeRuns(
  feeds: readonly ShardFeed[],
  below: number,
  recordsMax: number,
  bytesMax: number,
  builder: RecordBatchBuilder,
): RecordBatch {
  const ready = feeds
    .filter(feed => (feed.headRowtime ?? Number.POSITIVE_INFINITY) < below)
    .sort((a, b) => a.compareHeads(b))
  let only: Run | null = null
  let left = recordsMax
  for (
    let feed = ready.shift();
    feed !== undefined;
    feed = left > 0 && builder.sizeBytes < bytesMax ? ready.shift() : undefined
  ) {
    const run = feed.takeRun(below, ready[0], left)
    left -= run.to - run.from
    if (only === null && left === recordsMax - (run.to - run.from)) only = run
    else {
      if (only !== null) builder.addRun(only.batch, only.from, only.to, only.rowtimes)
      only = null
      builder.addRun(run.batch, run.from, run.to, run.rowtimes)
    }
    if ((feed.headRowtime ?? Number.POSITIVE_INFINITY) < below) insert(ready, feed)
  }
  return only === null ? builder.take() : viewOf(only)
}

function insert(ready: ShardFeed[], feed: ShardFeed): void {
  let low = 0
  let high = ready.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ready[middle]?.compareHeads(feed) ?? 0) < 0) low = middle + 1
    else high = middle
  }
  ready.splice(low, 0, feed)
}

/** A run alone needs no copy of its bytes. */
function viewOf({ batch, rowtimes, from, to }: Run): RecordBatch {
  return {
    length: to - from,
    bytes: batch.bytes,
    offsets: batch.offsets.subarray(from, to),
    sizes: batch.sizes.subarray(from, to),
    arrivedAt: batch.arrivedAt.subarray(from, to),
    rowtimes: rowtimes.subarray(from, to),
    sequenceNumber: index => batch.sequenceNumber(from + index),
    subsequenceNumber: index => batch.subsequenceNumber(from + index),
    partitionKey: index => batch.partitionKey(from + index),
    shardId: index => batch.shardId(from + index),
    ...(batch.refusal === undefined ? {} : { refusal: (index: number) => batch.refusal?.(from + index) ?? null }),
  }
}
