/**
 * What travels between the live view and its page, as JSON. Types only and no imports, because both the server and the
 * browser code compile against it. Instants are epoch milliseconds.
 */

export type StatusLevel = 'idle' | 'ok' | 'warn' | 'bad' | 'ended'

export interface ShardMessage {
  readonly shardId: string
  /** `waiting`: not read yet, since its parents are not at their end */
  readonly state: 'open' | 'waiting' | 'ended'
  readonly recordsIn: number
  /** null before the first reply */
  readonly behindMs: number | null
  /** rowtime below which this shard will give no row; null when unknown */
  readonly boundMs: number | null
}

export interface ReportMessage {
  readonly ok: boolean
  /** one sentence in plain words */
  readonly sentence: string
  readonly facts: readonly { readonly name: string; readonly value: string }[]
}

export interface StatusMessage {
  readonly level: StatusLevel
  /** the state of the pipeline in plain words */
  readonly sentence: string
  readonly recordsIn: number
  readonly rowsOut: number
  readonly errorRows: number
  readonly recordsPerSecond: number
  readonly rowsPerSecond: number
  readonly errorsPerSecond: number
  readonly watermarkMs: number | null
  /** how far the watermark is behind the clock; null before the first row and in a replay */
  readonly watermarkLagMs: number | null
  readonly behindMs: number | null
  readonly shards: readonly ShardMessage[]
  /** shards that are not listed because there are too many */
  readonly shardsHidden: number
  /** when the next window of a stream closes, for streams where that is known */
  readonly nextCloseAt: Readonly<Record<string, number>>
  /** set once the pipeline has ended */
  readonly report: ReportMessage | null
}

/** One second of history: time, events a second, rows a second, error rows, watermark lag and millis behind (null: unknown). */
export type HistoryPoint = readonly [number, number, number, number, number | null, number | null]

export interface ErrorSummary {
  readonly total: number
  readonly byName: readonly { readonly name: string; readonly count: number; readonly lastAt: number }[]
}

/** What a bearer of the token may see of one error row. */
export interface ErrorSample {
  readonly at: number
  readonly name: string
  readonly message: string
  readonly data: string
  readonly pump: string | null
  readonly position: string | null
}

export type PanelWidthMessage = 'quarter' | 'third' | 'half' | 'twoThirds' | 'full'

export interface PanelShape {
  readonly id: string
  readonly kind: 'timeSeries' | 'stat' | 'top' | 'funnel' | 'table'
  readonly title: string
  readonly description: string
  readonly stream: string
  readonly unit: string
  readonly width: PanelWidthMessage
  readonly spanMs: number
  /** what labels mean: the name of the series column, else of the value column */
  readonly label: string
  readonly value: string
  /** for `top` and `funnel`: one window or the whole span; for `stat`: the newest instant or the sum over the span */
  readonly over: 'last' | 'span'
}

export interface SeriesMessage {
  readonly name: string
  /** true for the sum of all series that are not shown */
  readonly isRest: boolean
  /** ascending times; null where the data says NULL */
  readonly points: readonly (readonly [number, number | null])[]
}

export interface SeriesData {
  readonly kind: 'series'
  readonly series: readonly SeriesMessage[]
  /** how many series have points within the span but no line of their own */
  readonly hidden: number
}

export interface RankData {
  readonly kind: 'rank'
  /** rowtime of the newest row, null while there is none */
  readonly at: number | null
  readonly items: readonly { readonly label: string; readonly value: number }[]
  /** sum of all labels, those not listed included */
  readonly total: number
  readonly hidden: number
}

export type CellMessage = string | number | boolean | null

export interface TableColumnMessage {
  readonly name: string
  readonly format: 'text' | 'number' | 'time' | 'boolean'
}

export interface TableData {
  readonly kind: 'table'
  readonly columns: readonly TableColumnMessage[]
  /** newest first; the first cell is the rowtime */
  readonly rows: readonly (readonly CellMessage[])[]
  readonly rowsMax: number
}

export type PanelData = SeriesData | RankData | TableData

export interface PanelSnapshot {
  readonly shape: PanelShape
  readonly data: PanelData
}

/** One change of one panel: either everything anew, or points or rows that were added or changed. */
export interface PanelChange {
  readonly id: string
  readonly data?: PanelData
  /** index of the series in the last full data, time, value */
  readonly points?: readonly (readonly [number, number, number | null])[]
  /** newest first */
  readonly rows?: readonly (readonly CellMessage[])[]
}

export interface SnapshotMessage {
  readonly type: 'snapshot'
  readonly revision: number
  readonly now: number
  readonly title: string
  /** `live`: charts end at the clock. `replay`: charts end at the newest row. */
  readonly mode: 'live' | 'replay'
  readonly status: StatusMessage
  readonly history: readonly HistoryPoint[]
  readonly errors: ErrorSummary
  readonly panels: readonly PanelSnapshot[]
}

export interface DeltaMessage {
  readonly type: 'delta'
  readonly revision: number
  readonly now: number
  readonly status: StatusMessage | null
  readonly history: readonly HistoryPoint[]
  readonly errors: ErrorSummary | null
  readonly panels: readonly PanelChange[]
}

export type LiveMessage = SnapshotMessage | DeltaMessage
