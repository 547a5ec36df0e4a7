/**
 * The state of the pipeline: what the host reports, the rates and trends that follow from it, and one sentence in plain
 * words that says whether all is well, and if not, which shard is the reason.
 */
import type { HistoryPoint, ReportMessage, ShardMessage, StatusLevel, StatusMessage } from './protocol.ts'

/** One shard as the host sees it. */
export interface ShardStatus {
  readonly shardId: string
  readonly state: 'open' | 'waiting' | 'ended'
  readonly recordsIn: number
  /** millis behind latest of the last reply; null before it */
  readonly behindMs: number | null
  /** rowtime below which the shard will give no row, epoch milliseconds; null when unknown */
  readonly boundMs: number | null
}

/** Totals since the start, and where the pipeline stands. The host may report as often as it likes. */
export interface LiveStatus {
  readonly recordsIn: number
  readonly rowsOut: number
  readonly errorRows: number
  /** epoch milliseconds; null before the first row */
  readonly watermarkMs: number | null
  /** millis behind latest of the slowest shard; null before every shard was read */
  readonly behindMs: number | null
  readonly shards: readonly ShardStatus[]
  /** records that the pre-processing function left out; default 0 */
  readonly recordsDropped?: number
  /** records whose rowtime was raised because they came below the watermark; default 0 */
  readonly rowtimesRaised?: number
  /** what holds the pipeline up, as the beginning of a sentence; null (default) when nothing does */
  readonly bottleneck?: string | null
  /** by output stream: when its next window closes, epoch milliseconds of event time */
  readonly nextCloseAt?: Readonly<Record<string, number>>
}

/** Seconds of history that the page can draw. */
export const HISTORY_SECONDS_MAX = 300
/** Shards that are shown one by one; the worst come first when there are more. */
export const SHARDS_SHOWN_MAX = 64
/** Behind the tip by less is "up to date": reads and idle bounds take part of a second each. */
export const BEHIND_MS_OK = 5_000
/** The same for the watermark against the clock. */
export const WATERMARK_LAG_MS_OK = 10_000
/** Rates are means over this long. */
const RATE_WINDOW_MS = 5_000
/** A trend is judged over this many seconds of history. */
const TREND_SECONDS = 10
/** Milliseconds a second from which on a shard falls back, or comes nearer. */
const TREND_GROWS = 50
const TREND_SHRINKS = -10
/** Silence that is worth a word. */
const SILENCE_MS = 10_000

interface Sample {
  readonly at: number
  readonly recordsIn: number
  readonly rowsOut: number
  readonly errorRows: number
}

const NOTHING: LiveStatus = {
  recordsIn: 0,
  rowsOut: 0,
  errorRows: 0,
  watermarkMs: null,
  behindMs: null,
  shards: [],
}

/** Follows the host's reports. */
export class StatusTracker {
  readonly #mode: 'live' | 'replay'
  #latest: LiveStatus = NOTHING
  #samples: Sample[] = []
  #history: HistoryPoint[] = []
  #lastRecordAt: number | null = null
  #report: ReportMessage | null = null

  constructor(mode: 'live' | 'replay') {
    this.#mode = mode
  }

  get history(): readonly HistoryPoint[] {
    return this.#history
  }

  get report(): ReportMessage | null {
    return this.#report
  }

  /** @param monotonicMs never goes back, unlike the clock that the watermark is held against */
  take(status: LiveStatus, monotonicMs: number): void {
    if (status.recordsIn > this.#latest.recordsIn || this.#lastRecordAt === null) this.#lastRecordAt = monotonicMs
    this.#latest = status
    const { recordsIn, rowsOut, errorRows } = status
    const last = this.#samples.at(-1)
    // Samples closer than this say nothing new and would make the ring hold less time.
    if (last !== undefined && monotonicMs - last.at < 100) this.#samples.pop()
    this.#samples.push({ at: monotonicMs, recordsIn, rowsOut, errorRows })
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? monotonicMs) < monotonicMs - RATE_WINDOW_MS)
      this.#samples.shift()
  }

  end(report: ReportMessage): void {
    this.#report = report
  }

  /** Adds a point of history if a second has passed since the last, and returns it. */
  record(now: number, monotonicMs: number): HistoryPoint | null {
    const last = this.#history.at(-1)
    if (this.#report !== null || (last !== undefined && now - last[0] < 1_000 && now >= last[0])) return null
    const { recordsPerSecond, rowsPerSecond } = this.#rates(monotonicMs)
    const point: HistoryPoint = [
      now,
      recordsPerSecond,
      rowsPerSecond,
      this.#latest.errorRows,
      this.#watermarkLag(now),
      this.#latest.behindMs,
    ]
    this.#history.push(point)
    if (this.#history.length > HISTORY_SECONDS_MAX) this.#history.shift()
    return point
  }

  /** @param lateRows of the error rows, those that were late */
  message(now: number, monotonicMs: number, lateRows = 0): StatusMessage {
    const { recordsIn, rowsOut, errorRows, watermarkMs, behindMs, shards, nextCloseAt } = this.#latest
    const rates = this.#rates(monotonicMs)
    const watermarkLagMs = this.#watermarkLag(now)
    const shown =
      shards.length <= SHARDS_SHOWN_MAX
        ? shards
        : [...shards].sort((a, b) => (b.behindMs ?? 0) - (a.behindMs ?? 0)).slice(0, SHARDS_SHOWN_MAX)
    const behindTrend = this.#behindTrend()
    const holder = watermarkHolder(shards)
    const { level, sentence } = describe({
      mode: this.#mode,
      status: this.#latest,
      ...rates,
      watermarkLagMs,
      silentMs: this.#lastRecordAt === null ? 0 : monotonicMs - this.#lastRecordAt,
      behindTrend,
      report: this.#report,
    })
    return {
      level,
      sentence,
      recordsIn,
      rowsOut,
      errorRows,
      ...rates,
      watermarkMs,
      watermarkLagMs,
      behindMs,
      catchUpMs: catchUpMs(behindMs, behindTrend),
      watermarkHolder: holder === null ? null : shortShardId(holder.shardId),
      bottleneck: this.#latest.bottleneck ?? null,
      lateRows,
      recordsDropped: this.#latest.recordsDropped ?? 0,
      rowtimesRaised: this.#latest.rowtimesRaised ?? 0,
      shards: shown.map(
        ({ shardId, state, recordsIn: records, behindMs: behind, boundMs }): ShardMessage => ({
          shardId: shardId.slice(0, 128),
          state,
          recordsIn: records,
          behindMs: behind,
          boundMs,
        }),
      ),
      shardsHidden: shards.length - shown.length,
      nextCloseAt: nextCloseAt ?? {},
      report: this.#report,
    }
  }

  #watermarkLag(now: number): number | null {
    const { watermarkMs } = this.#latest
    return watermarkMs === null || this.#mode === 'replay' ? null : Math.max(0, now - watermarkMs)
  }

  #rates(monotonicMs: number): Pick<StatusMessage, 'recordsPerSecond' | 'rowsPerSecond' | 'errorsPerSecond'> {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || this.#report !== null)
      return { recordsPerSecond: 0, rowsPerSecond: 0, errorsPerSecond: 0 }
    // Up to now, not up to the last report: a host that hangs must show as a rate that falls.
    const seconds = Math.max(0.25, (Math.max(monotonicMs, last.at) - first.at) / 1_000)
    return {
      recordsPerSecond: Math.max(0, last.recordsIn - first.recordsIn) / seconds,
      rowsPerSecond: Math.max(0, last.rowsOut - first.rowsOut) / seconds,
      errorsPerSecond: Math.max(0, last.errorRows - first.errorRows) / seconds,
    }
  }

  /** Milliseconds that the pipeline falls back for each second; negative when it catches up; null when unknown. */
  #behindTrend(): number | null {
    const recent = this.#history.slice(-TREND_SECONDS)
    const first = recent[0]
    const last = recent.at(-1)
    if (first === undefined || last === undefined || recent.length < 4) return null
    if (first[5] === null || last[5] === null) return null
    return ((last[5] - first[5]) / Math.max(1, last[0] - first[0])) * 1_000
  }
}

/** Milliseconds until what is behind is read, at the present pace; null without a pace worth the name. */
function catchUpMs(behindMs: number | null, behindTrend: number | null): number | null {
  if (behindMs === null || behindMs <= BEHIND_MS_OK || behindTrend === null || behindTrend >= TREND_SHRINKS) return null
  return (behindMs / -behindTrend) * 1_000
}

/** All that the sentence depends on. */
export interface Situation {
  readonly mode: 'live' | 'replay'
  readonly status: LiveStatus
  readonly recordsPerSecond: number
  readonly rowsPerSecond: number
  readonly errorsPerSecond: number
  readonly watermarkLagMs: number | null
  readonly silentMs: number
  readonly behindTrend: number | null
  readonly report: ReportMessage | null
}

/** How the pipeline is, in words. */
export function describe(situation: Situation): { readonly level: StatusLevel; readonly sentence: string } {
  const { mode, status, recordsPerSecond, watermarkLagMs, silentMs, behindTrend, report } = situation
  if (report !== null) return { level: report.ok ? 'ended' : 'bad', sentence: report.sentence }
  if (status.recordsIn === 0) return { level: 'idle', sentence: 'waiting for the first event' }
  const rate = `${countText(recordsPerSecond)} events/s`
  if (mode === 'replay') {
    const left =
      status.behindMs === null || status.behindMs === 0 ? '' : `, ${durationText(status.behindMs)} left to read`
    return { level: 'ok', sentence: `replaying at ${rate}${left}` }
  }
  const errors =
    situation.errorsPerSecond > 0 && situation.errorsPerSecond > recordsPerSecond / 100
      ? `; ${percentText(situation.errorsPerSecond, recordsPerSecond)} of rows go to the error stream`
      : ''
  // Who is to blame stands first; then what that does to the shards, and to the watermark. While nothing is late, nobody is.
  const bottleneck = status.bottleneck ?? null
  const opening = bottleneck === null ? rate : `${bottleneck}; ${rate}`
  const isWatermarkLate = watermarkLagMs !== null && watermarkLagMs > WATERMARK_LAG_MS_OK
  const holder = isWatermarkLate ? watermarkHolder(status.shards) : null
  if (status.behindMs !== null && status.behindMs > BEHIND_MS_OK) {
    const worst = worstShard(status.shards)
    const who = worst === null ? 'the reader' : `shard ${shortShardId(worst.shardId)}`
    const isGrowing = behindTrend !== null && behindTrend > TREND_GROWS
    const left = catchUpMs(status.behindMs, behindTrend)
    let outlook = ''
    if (isGrowing) outlook = ' and falls further back'
    else if (left !== null) outlook = `, clears in about ${durationText(left)}`
    // The shard that is behind mostly holds the watermark too; another one is worth a word.
    const isOther = holder !== null && holder.shardId !== worst?.shardId
    const held = isOther ? `; shard ${shortShardId(holder.shardId)} holds the watermark back` : ''
    return {
      level: isGrowing ? 'bad' : 'warn',
      sentence: `${opening}; ${who} is ${durationText(status.behindMs)} behind the tip${outlook}${held}${errors}`,
    }
  }
  if (isWatermarkLate) {
    const reason = holder === null ? 'windows close late' : `shard ${shortShardId(holder.shardId)} holds it back`
    return {
      level: 'warn',
      sentence: `${opening}; the watermark is ${durationText(watermarkLagMs)} behind the clock: ${reason}${errors}`,
    }
  }
  const watermark = watermarkLagMs === null ? '' : `, watermark ${durationText(watermarkLagMs)} behind the clock`
  if (silentMs > SILENCE_MS)
    return { level: 'ok', sentence: `no events for ${durationText(silentMs)}, up to date${watermark}` }
  return { level: errors === '' ? 'ok' : 'warn', sentence: `${rate}, up to date${watermark}${errors}` }
}

/** `shardId-000000000003` as `3`; other names as they are. */
export function shortShardId(shardId: string): string {
  return /^shardId-0*(\d+)$/.exec(shardId)?.[1] ?? shardId.slice(0, 32)
}

function worstShard(shards: readonly ShardStatus[]): ShardStatus | null {
  let worst: ShardStatus | null = null
  for (const shard of shards) if ((shard.behindMs ?? 0) > (worst?.behindMs ?? 0)) worst = shard
  return worst
}

function watermarkHolder(shards: readonly ShardStatus[]): ShardStatus | null {
  let holder: ShardStatus | null = null
  for (const shard of shards)
    if (shard.state === 'open' && (holder === null || (shard.boundMs ?? 0) < (holder.boundMs ?? 0))) holder = shard
  return shards.length > 1 ? holder : null
}

function countText(value: number): string {
  return value < 10 && value > 0 ? String(Math.round(value * 10) / 10) : Math.round(value).toLocaleString('en-US')
}

function percentText(part: number, whole: number): string {
  return `${Math.min(100, Math.round((part / Math.max(whole, part)) * 1_000) / 10)} %`
}

/** `0.3 s`, `41 s`, `2 min`, `3 h`. */
export function durationText(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 119_500) return `${Math.round(ms / 1_000)} s`
  if (ms < 7_170_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} days`
}
