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
  /** until the slowest shard is at its tip, at the pace of the last seconds; null when it is there, or does not come nearer */
  readonly catchUpMs: number | null
  /** short name of the shard whose bound is the watermark; null when no other shard could be it */
  readonly watermarkHolder: string | null
  /** what holds the pipeline up, in words; null when nothing does */
  readonly bottleneck: string | null
  /** rows that came after their window was closed for good; they are error rows */
  readonly lateRows: number
  /** records that the pre-processing function left out */
  readonly recordsDropped: number
  /** records whose rowtime was raised to the watermark */
  readonly rowtimesRaised: number
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

export type LevelMessage = 'info' | 'ok' | 'warn' | 'bad'

export interface ThresholdMessage {
  readonly from: number
  readonly level: LevelMessage
}

export interface PanelShape {
  readonly id: string
  readonly kind: 'timeSeries' | 'stat' | 'top' | 'bar' | 'funnel' | 'heatmap' | 'stateTimeline' | 'table'
  readonly title: string
  readonly description: string
  readonly stream: string
  readonly unit: string
  readonly width: PanelWidthMessage
  readonly spanMs: number
  /** what labels mean: the name of the series column, else of the value column */
  readonly label: string
  readonly value: string
  /** for rankings, bars and funnels: one window or the whole span; for `stat`: the newest instant, or all within the span by `combine` */
  readonly over: 'last' | 'span'
  /** for values over time: how values of one instant became one, and how those of several lines or instants do */
  readonly combine: 'sum' | 'last' | 'max'
  /** for bars and heatmaps: the largest first, or labels ascending */
  readonly order: 'value' | 'label'
  /** whether labels ascend as numbers */
  readonly areLabelsNumbers: boolean
  /** ascending; empty where there are none */
  readonly thresholds: readonly ThresholdMessage[]
  readonly states: readonly { readonly state: string; readonly level: LevelMessage }[]
  /** names of the variables that choose among its rows */
  readonly variables: readonly string[]
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

export interface BarData {
  readonly kind: 'bars'
  /** rowtime of the newest row, null while there is none */
  readonly at: number | null
  /** parts lie on top of each other, else side by side */
  readonly isStacked: boolean
  /** names of the parts of each bar, in the order of their colours */
  readonly parts: readonly string[]
  /** whether the last part is the sum of those that are not told apart */
  readonly hasRest: boolean
  /** a value for each part */
  readonly items: readonly { readonly label: string; readonly values: readonly number[] }[]
  /** sum of all labels, those not listed included */
  readonly total: number
  readonly hidden: number
}

export interface StatesData {
  readonly kind: 'states'
  /** instant of the newest row, null while there is none */
  readonly newest: number | null
  /** ascending instants at which the state of a row became another one; null where the data says NULL */
  readonly rows: readonly {
    readonly name: string
    readonly changes: readonly (readonly [number, string | null])[]
  }[]
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

export type PanelData = SeriesData | RankData | BarData | StatesData | TableData

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

/** One mark on the axes of time: where it begins, where a region ends (null: an instant), and what is written at it. */
export type MarkMessage = readonly [number, number | null, string]

export interface AnnotationMessage {
  readonly title: string
  readonly level: LevelMessage
  /** ascending by begin */
  readonly marks: readonly MarkMessage[]
}

export interface VariableMessage {
  readonly name: string
  readonly title: string
  /** what can be chosen */
  readonly values: readonly string[]
  /** what this event stream was asked for; null: all */
  readonly chosen: string | null
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
  readonly annotations: readonly AnnotationMessage[]
  readonly variables: readonly VariableMessage[]
}

export interface DeltaMessage {
  readonly type: 'delta'
  readonly revision: number
  readonly now: number
  readonly status: StatusMessage | null
  readonly history: readonly HistoryPoint[]
  readonly errors: ErrorSummary | null
  readonly panels: readonly PanelChange[]
  /** marks that are new, by the index of their annotation */
  readonly marks: readonly { readonly annotation: number; readonly marks: readonly MarkMessage[] }[]
  /** all variables anew where the values that can be chosen have changed */
  readonly variables: readonly VariableMessage[] | null
  /** rowtimes of the oldest and the newest row that this delta tells of; null without rows. Until a row is painted counts as delay. */
  readonly rowtimes: readonly [number, number] | null
}

export type LiveMessage = SnapshotMessage | DeltaMessage
