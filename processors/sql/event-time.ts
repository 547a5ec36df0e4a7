/** Event time in plans: what a stream promises about a column of its rows, and the windows over that column. */

/** `WATERMARK FOR column AS column - delay`, with the options of the stream. All times in milliseconds. */
export interface WatermarkPlan {
  /** index of the TIMESTAMP column that holds the event time */
  readonly column: number
  /** how far the watermark stays behind the greatest event time, 0 or more */
  readonly delayMs: number
  /** how far behind the watermark a row may be and still count; windows wait for it */
  readonly latenessMs: number
  /** how far ahead of its arrival an event time may be, or null where any is believed */
  readonly aheadMs: number | null
  /** after so long without a row event time goes on at the pace of ROWTIME; null: never */
  readonly idleMs: number | null
}

/** Event time is ahead of arrival by at most this much unless the stream says otherwise (MAX_AHEAD). Milliseconds. */
export const AHEAD_MS_DEFAULT = 3_600_000

/**
 * Windows over event time; every start is a multiple of the slide, step or size since 1970-01-01 00:00 UTC. A window holds the
 * rows from its start on and before its end.
 * `hop`: starts every `slideMs`, `sizeMs` long; a tumbling window has both the same. `cumulate`: from a multiple of `sizeMs` to
 * every `stepMs` after it, up to `sizeMs`. `session`: of each partition, rows less than `gapMs` apart.
 */
export type EventWindow =
  | { readonly kind: 'hop'; readonly slideMs: number; readonly sizeMs: number }
  | { readonly kind: 'cumulate'; readonly stepMs: number; readonly sizeMs: number }
  | { readonly kind: 'session'; readonly gapMs: number }

/** Where the time of a row comes from, and how far behind the greatest one windows stay open. */
export interface EventTimePlan {
  /** index of a TIMESTAMP column, or null for ROWTIME, which is in order by itself */
  readonly column: number | null
  /** delay and allowed lateness of the stream together; 0 for ROWTIME */
  readonly delayMs: number
  readonly idleMs: number | null
}

/** Windows that share one row, at most: a hop's size in slides, a cumulating window's in steps. */
export const PANES_PER_WINDOW_MAX = 100_000

/** Names of the columns that a window function adds, in their order. */
export const WINDOW_COLUMNS = ['WINDOW_START', 'WINDOW_END', 'WINDOW_TIME'] as const
export type WindowColumn = (typeof WINDOW_COLUMNS)[number]
