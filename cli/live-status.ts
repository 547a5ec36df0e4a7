/** What the live page shows of a task. */
import type { LiveStatus, ShardDetail } from '../dashboards/index.ts'
import type { Application, TaskCounters } from '../processors/index.ts'
import { windowSizeMs } from './window-size.ts'

/** @param bottleneck what holds the pipeline up, in words; null when nothing does */
export function liveStatusOf(
  counters: TaskCounters,
  application: Application,
  bottleneck: string | null = null,
): LiveStatus {
  const { watermark, rowsOut, behindLatestMs, merge } = counters
  const watermarkMs = Number.isFinite(watermark) ? watermark : null
  return {
    recordsIn: counters.recordsIn,
    rowsOut: Object.values(rowsOut).reduce((sum, rows) => sum + rows, 0),
    errorRows: counters.errorRows,
    watermarkMs,
    behindMs: behindLatestMs,
    shards: merge.shards,
    recordsDropped: counters.recordsDropped,
    rowtimesRaised: merge.raised,
    bottleneck,
    nextCloseAt: watermarkMs === null ? {} : nextCloseAt(application, watermarkMs),
  }
}

/** The shards that a task reads: it owns every one that is open. */
export function shardDetailsOf({ shards, holder }: TaskCounters['merge'], owner: string): readonly ShardDetail[] {
  return shards.map(({ shardId, state, parentShardIds, sequenceNumber, recordsIn, behindMs }) => ({
    shardId,
    state,
    owner: state === 'open' ? `task ${owner}` : null,
    sequenceNumber,
    parentShardIds,
    recordsIn,
    behindMs,
    holdsWatermark: shardId === holder,
  }))
}

/** By output stream, where its windows have a fixed size: when the next one closes. */
function nextCloseAt(application: Application, watermarkMs: number): Record<string, number> {
  const closes: Record<string, number> = {}
  for (const output of application.outputs) {
    const sizeMs = windowSizeMs(application.plan, output)
    if (sizeMs !== null) closes[output] = (Math.floor(watermarkMs / sizeMs) + 1) * sizeMs
  }
  return closes
}
