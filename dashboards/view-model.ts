/**
 * What a dashboard shows, as plain data: one definition that the live page renders now, and that exporters turn into files for
 * other tools. Nothing here knows how a panel is drawn. check-dashboard.ts holds the limits, resolve-dashboard.ts the names.
 */

/** How a number is written: `percent` takes 50 for a half, `currency:EUR` takes any ISO 4217 code. */
export type Unit = 'count' | 'perSecond' | 'bytes' | 'milliseconds' | 'seconds' | 'percent' | `currency:${string}`

/** How rows of one instant (and, for stores over a span, of one label) become one number. */
export type Combine = 'sum' | 'last' | 'max'

/** Share of the page's width; a row whose panels leave room is stretched. */
export type PanelWidth = 'quarter' | 'third' | 'half' | 'twoThirds' | 'full'

/** What a value or a state means; each renderer has its colours and words for it. */
export type Level = 'info' | 'ok' | 'warn' | 'bad'

/** A value has this level from `from` on, up to the `from` of the next step; below the first step it has none. */
export interface Threshold {
  /** in the unit of the panel, included */
  readonly from: number
  readonly level: Level
}

interface PanelBase {
  readonly title: string
  /** stored name of an output stream; a plain name is folded to upper case when it is not found as it stands */
  readonly stream: string
  /** one sentence below the title */
  readonly description?: string
  readonly width?: PanelWidth
}

/** Lines over time. Names of columns follow the same rule as names of streams. */
export interface TimeSeriesPanel extends PanelBase {
  readonly kind: 'timeSeries'
  /** a TIMESTAMP column, or ROWTIME (default) */
  readonly x?: string
  /** one or more numeric columns; more than one only without `series` */
  readonly value: string | readonly string[]
  /** a column that splits the value into one line for each of its values */
  readonly series?: string
  /** lines at most, the largest by total; the rest is summed as "other" where `combine` is `sum`. 1 to 8, default 6 */
  readonly topN?: number
  /** default `sum` */
  readonly combine?: Combine
  readonly unit?: Unit
  /** how far back the panel reaches, milliseconds; default 300,000 */
  readonly spanMs?: number
  /** 1 to 6 steps, ascending: lines across the chart */
  readonly thresholds?: readonly Threshold[]
}

/** One large number with its recent course. */
export interface StatPanel extends PanelBase {
  readonly kind: 'stat'
  readonly x?: string
  readonly value: string
  /** default `sum` */
  readonly combine?: Combine
  /** `last`: the newest instant (default). `total`: everything within the span, by `combine`: its sum, its largest or its last value. */
  readonly show?: 'last' | 'total'
  readonly unit?: Unit
  readonly spanMs?: number
  /** 1 to 6 steps, ascending: the level of the number */
  readonly thresholds?: readonly Threshold[]
}

/** The labels with the largest values, as a ranking. */
export interface TopPanel extends PanelBase {
  readonly kind: 'top'
  readonly series: string
  readonly value: string
  /** labels, 1 to 50; default 10 */
  readonly topN?: number
  /** `last`: the rows of the newest rowtime, which is the last window (default). `span`: sums over the span. */
  readonly over?: 'last' | 'span'
  readonly unit?: Unit
  readonly spanMs?: number
}

/** Bars along an axis of labels; several values stand side by side, parts of one value on top of each other. */
export interface BarPanel extends PanelBase {
  readonly kind: 'bar'
  /** the column whose values stand along the axis */
  readonly series: string
  /** 1 to 8 numeric columns; more than one only without `stack` */
  readonly value: string | readonly string[]
  /** a column that splits each bar into parts, the 8 largest; the rest is summed as "other" */
  readonly stack?: string
  /** bars (groups of bars), 1 to 50; default 10 */
  readonly topN?: number
  /** `value`: the largest first (default). `label`: ascending, numbers as numbers; for buckets of a histogram. */
  readonly order?: 'value' | 'label'
  /** as in a ranking; default `last` */
  readonly over?: 'last' | 'span'
  readonly unit?: Unit
  readonly spanMs?: number
  /** 1 to 6 steps, ascending: the level of a whole bar; only with one value and without `stack` */
  readonly thresholds?: readonly Threshold[]
}

/** Steps in order, each as a share of the first, with what is lost between them. */
export interface FunnelPanel extends PanelBase {
  readonly kind: 'funnel'
  /** the column that names the step */
  readonly series: string
  readonly value: string
  /** values of the `series` column, first step first, 2 to 12 */
  readonly steps: readonly string[]
  /** default `span` */
  readonly over?: 'last' | 'span'
  readonly unit?: Unit
  readonly spanMs?: number
}

/** Time along the axis, labels as rows, the value as the strength of a cell. */
export interface HeatmapPanel extends PanelBase {
  readonly kind: 'heatmap'
  readonly x?: string
  /** the column whose values are the rows */
  readonly series: string
  readonly value: string
  /** default `sum` */
  readonly combine?: Combine
  /** rows, the largest by total, 1 to 50; default 20 */
  readonly topN?: number
  /** `label`: ascending from below, numbers as numbers (default for a numeric column). `value`: the largest on top. */
  readonly order?: 'value' | 'label'
  readonly unit?: Unit
  readonly spanMs?: number
}

/** How one state of a state timeline is shown. */
export interface StateStyle {
  /** the value of the `state` column, as text */
  readonly state: string
  readonly level: Level
}

/** Which state each label was in, over time. A state holds until the label's next row. */
export interface StateTimelinePanel extends PanelBase {
  readonly kind: 'stateTimeline'
  readonly x?: string
  /** the column whose value is the state */
  readonly state: string
  /** a row for each value of this column; without it there is one row */
  readonly series?: string
  /** levels of known states, 16 at most; others get a colour of their own */
  readonly states?: readonly StateStyle[]
  /** rows, those that changed last, 1 to 50; default 12 */
  readonly topN?: number
  readonly spanMs?: number
}

/** The newest rows. */
export interface TablePanel extends PanelBase {
  readonly kind: 'table'
  /** default: all, 16 at most */
  readonly columns?: readonly string[]
  /** rows, 1 to 50; default 12 */
  readonly topN?: number
}

export type Panel =
  | TimeSeriesPanel
  | StatPanel
  | TopPanel
  | BarPanel
  | FunnelPanel
  | HeatmapPanel
  | StateTimelinePanel
  | TablePanel
export type PanelKind = Panel['kind']

/** Rows of a stream as marks on every panel that has an axis of time. */
export interface Annotation {
  readonly title: string
  readonly stream: string
  /** a TIMESTAMP column, or ROWTIME (default) */
  readonly x?: string
  /** a TIMESTAMP column where a region ends; without it a mark is an instant */
  readonly until?: string
  /** columns whose values stand at the mark, 1 to 4; default: the text columns, 4 at most */
  readonly text?: readonly string[]
  /** default `info` */
  readonly level?: Level
}

/**
 * A column whose value a viewer chooses: panels and annotations whose stream has the column then show only the rows with that
 * value. Others show all rows, and say so.
 */
export interface Variable {
  /** in the address of the page and in exported files: a letter, then letters, digits and `_`, 32 at most */
  readonly name: string
  /** default: the name of the column in plain words */
  readonly title?: string
  readonly column: string
  /** what can be chosen, 1 to 64 texts; default: the values seen so far, the 64 most frequent */
  readonly values?: readonly string[]
}

export interface Dashboard {
  readonly title: string
  readonly panels: readonly Panel[]
  /** 8 at most */
  readonly annotations?: readonly Annotation[]
  /** 4 at most */
  readonly variables?: readonly Variable[]
  /** whether output streams that no panel names get a default panel; default `show` */
  readonly others?: 'show' | 'hide'
}

/** The name under which a panel's `x` means the time that every row carries. */
export const ROWTIME = 'ROWTIME'
/** How far back a panel reaches unless it says otherwise. */
export const SPAN_MS_DEFAULT = 300_000
export const SPAN_MS_MAX = 86_400_000
export const PANELS_MAX = 48
export const SERIES_SHOWN_MAX = 8
export const SERIES_SHOWN_DEFAULT = 6
export const BARS_MAX = 50
export const BARS_DEFAULT = 10
export const HEATMAP_ROWS_DEFAULT = 20
export const STATE_ROWS_DEFAULT = 12
export const TABLE_ROWS_DEFAULT = 12
export const TABLE_COLUMNS_MAX = 16
export const ANNOTATIONS_MAX = 8
export const ANNOTATION_COLUMNS_MAX = 4
export const VARIABLES_MAX = 4
export const VARIABLE_VALUES_MAX = 64
