/**
 * What a dashboard shows, as plain data: one definition that the live page renders now, and that exporters can turn into
 * files for other tools. Nothing here knows how a panel is drawn.
 */
import { assert, type Column, columnIndex, MillraceError, type Schema, storageOf, unreachable } from '../core/index.ts'

/** How a number is written: `currency:EUR` takes any ISO 4217 code. */
export type Unit = 'count' | 'perSecond' | 'bytes' | 'milliseconds' | 'seconds' | 'percent' | `currency:${string}`

/** How rows of one instant (and, for stores over a span, of one label) become one number. */
export type Combine = 'sum' | 'last' | 'max'

/** Share of the page's width; a row whose panels leave room is stretched. */
export type PanelWidth = 'quarter' | 'third' | 'half' | 'twoThirds' | 'full'

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
}

/** One large number with its recent course. */
export interface StatPanel extends PanelBase {
  readonly kind: 'stat'
  readonly x?: string
  readonly value: string
  /** default `sum` */
  readonly combine?: Combine
  /** `last`: the newest instant (default). `total`: everything within the span. */
  readonly show?: 'last' | 'total'
  readonly unit?: Unit
  readonly spanMs?: number
}

/** The labels with the largest values, as bars. */
export interface TopPanel extends PanelBase {
  readonly kind: 'top'
  readonly series: string
  readonly value: string
  /** bars, 1 to 50; default 10 */
  readonly topN?: number
  /** `last`: the rows of the newest rowtime, which is the last window (default). `span`: sums over the span. */
  readonly over?: 'last' | 'span'
  readonly unit?: Unit
  readonly spanMs?: number
}

/** Steps in order, each as a share of the first. */
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

/** The newest rows. */
export interface TablePanel extends PanelBase {
  readonly kind: 'table'
  /** default: all, 16 at most */
  readonly columns?: readonly string[]
  /** rows, 1 to 50; default 12 */
  readonly topN?: number
}

export type Panel = TimeSeriesPanel | StatPanel | TopPanel | FunnelPanel | TablePanel
export type PanelKind = Panel['kind']

export interface Dashboard {
  readonly title: string
  readonly panels: readonly Panel[]
  /** whether output streams that no panel names get a default panel; default `show` */
  readonly others?: 'show' | 'hide'
}

/** How far back a panel reaches unless it says otherwise. */
export const SPAN_MS_DEFAULT = 300_000
const SPAN_MS_MIN = 10_000
export const SPAN_MS_MAX = 86_400_000
export const PANELS_MAX = 48
export const SERIES_SHOWN_MAX = 8
export const SERIES_SHOWN_DEFAULT = 6
export const BARS_MAX = 50
export const BARS_DEFAULT = 10
export const TABLE_ROWS_DEFAULT = 12
export const TABLE_COLUMNS_MAX = 16
const STEPS_MAX = 12
const UNITS: readonly string[] = ['count', 'perSecond', 'bytes', 'milliseconds', 'seconds', 'percent']

/** The name under which a panel's `x` means the time that every row carries. */
export const ROWTIME = 'ROWTIME'

/**
 * Declares a dashboard; the types do the work, and what types cannot say is checked here.
 * @throws MillraceError `config` for limits and units; `resolveDashboard` checks the rest against the streams
 */
export function dashboard(definition: Dashboard): Dashboard {
  if (definition.panels.length > PANELS_MAX)
    throw new MillraceError(
      'config',
      `dashboard "${definition.title}" has ${definition.panels.length} panels; the limit is ${PANELS_MAX}`,
    )
  definition.panels.forEach((panel, index) => checkNumbers(panel, where(definition, panel, index)))
  return definition
}

/** A panel whose names were found: stream and columns as stored, with their indexes and types. */
export interface ResolvedPanel {
  readonly panel: Panel
  readonly stream: string
  readonly schema: Schema
  /** index of the x column, or -1 for ROWTIME */
  readonly x: number
  /** index of the column that splits or labels, or -1 */
  readonly series: number
  /** indexes of the value columns, or of the table's columns */
  readonly values: readonly number[]
}

/**
 * Finds every name of a dashboard in the schemas of the output streams.
 * @throws MillraceError `config` that names panel, stream and column, says what there is, and guesses what was meant
 */
export function resolveDashboard(
  definition: Dashboard,
  outputs: ReadonlyMap<string, Schema>,
): readonly ResolvedPanel[] {
  dashboard(definition)
  return definition.panels.map((panel, index) => resolvePanel(panel, outputs, where(definition, panel, index)))
}

function resolvePanel(panel: Panel, outputs: ReadonlyMap<string, Schema>, place: string): ResolvedPanel {
  const stream = findName(panel.stream, [...outputs.keys()])
  const schema = stream === null ? undefined : outputs.get(stream)
  if (stream === null || schema === undefined)
    throw new MillraceError(
      'config',
      `${place}: output stream "${panel.stream}" not found${listed('the output streams are', [...outputs.keys()], panel.stream)}`,
    )
  const find = (name: string, accepts: (column: Column) => boolean, wanted: string): number => {
    const names = schema.columns.map(column => column.name)
    const found = findName(name, names)
    if (found === null)
      throw new MillraceError(
        'config',
        `${place}: column "${name}" not found in ${stream}${listed('its columns are', names, name)}`,
      )
    const index = columnIndex(schema, found)
    const column = schema.columns[index]
    assert(column !== undefined, 'a found column has an index')
    if (!accepts(column))
      throw new MillraceError(
        'config',
        `${place}: column "${found}" of ${stream} is ${column.type.kind}, but ${wanted}`,
      )
    return index
  }
  const base = { panel, stream, schema }
  const value = (name: string): number => find(name, isNumeric, 'a value column must be a number')
  const label = (name: string): number => find(name, () => true, 'a series column must have a text form')
  const time = (name: string | undefined): number =>
    name === undefined || name.toUpperCase() === ROWTIME
      ? -1
      : find(name, column => column.type.kind === 'TIMESTAMP', 'an x column must be a TIMESTAMP')
  switch (panel.kind) {
    case 'timeSeries': {
      const names = typeof panel.value === 'string' ? [panel.value] : panel.value
      if (names.length === 0 || names.length > SERIES_SHOWN_MAX)
        throw new MillraceError('config', `${place}: value must name 1 to ${SERIES_SHOWN_MAX} columns`)
      if (names.length > 1 && panel.series !== undefined)
        throw new MillraceError(
          'config',
          `${place}: ${names.length} value columns cannot be split by "${panel.series}" as well; name one value column or leave out series`,
        )
      const series = panel.series === undefined ? -1 : label(panel.series)
      return { ...base, x: time(panel.x), series, values: names.map(value) }
    }
    case 'stat':
      return { ...base, x: time(panel.x), series: -1, values: [value(panel.value)] }
    case 'top':
    case 'funnel':
      return { ...base, x: -1, series: label(panel.series), values: [value(panel.value)] }
    case 'table': {
      const names = panel.columns ?? schema.columns.slice(0, TABLE_COLUMNS_MAX).map(column => column.name)
      if (names.length > TABLE_COLUMNS_MAX)
        throw new MillraceError('config', `${place}: ${names.length} table columns; the limit is ${TABLE_COLUMNS_MAX}`)
      const values = names.map(name => find(name, () => true, 'a table column must have a text form'))
      return { ...base, x: -1, series: -1, values }
    }
    default:
      return unreachable(panel, 'resolvePanel')
  }
}

/** Whether a column can be drawn as a number. */
export function isNumeric(column: Column): boolean {
  switch (column.type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'REAL':
    case 'DOUBLE':
    case 'DECIMAL':
      return true
    default:
      return false
  }
}

/** Whether a column holds text. */
export function isText(column: Column): boolean {
  return storageOf(column.type) === 'text'
}

function where(definition: Dashboard, panel: Panel, index: number): string {
  return `dashboard "${definition.title}", panel ${index + 1} ("${panel.title}")`
}

function checkNumbers(panel: Panel, place: string): void {
  const check = (name: string, value: number | undefined, min: number, max: number): void => {
    if (value !== undefined && !(Number.isInteger(value) && value >= min && value <= max))
      throw new MillraceError('config', `${place}: ${name} must be a whole number from ${min} to ${max}, not ${value}`)
  }
  if (panel.kind !== 'table') {
    check('spanMs', panel.spanMs, SPAN_MS_MIN, SPAN_MS_MAX)
    if (panel.unit !== undefined && !UNITS.includes(panel.unit) && !/^currency:[A-Z]{3}$/.test(panel.unit))
      throw new MillraceError(
        'config',
        `${place}: unit "${panel.unit}" is unknown; use one of ${UNITS.join(', ')}, or currency:EUR with any ISO 4217 code`,
      )
  }
  if (panel.kind === 'timeSeries') check('topN', panel.topN, 1, SERIES_SHOWN_MAX)
  if (panel.kind === 'top' || panel.kind === 'table') check('topN', panel.topN, 1, BARS_MAX)
  if (panel.kind === 'funnel') {
    check('number of steps', panel.steps.length, 2, STEPS_MAX)
    if (new Set(panel.steps).size !== panel.steps.length)
      throw new MillraceError('config', `${place}: a funnel step is named twice; each step has its own value`)
  }
}

/** The stored name for a written one: exact, else folded to upper case as SQL does. */
function findName(name: string, names: readonly string[]): string | null {
  if (names.includes(name)) return name
  const folded = name.toUpperCase()
  return names.includes(folded) ? folded : null
}

function listed(intro: string, names: readonly string[], wanted: string): string {
  if (names.length === 0) return '; there are none'
  const near = names.find(name => distance(name.toUpperCase(), wanted.toUpperCase()) <= 2)
  if (near !== undefined) return `; did you mean "${near}"?`
  const shown = names.slice(0, 12).join(', ')
  return `; ${intro} ${shown}${names.length > 12 ? ', ...' : ''}`
}

/** Levenshtein distance, cut off above 2 by length alone. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2 || a.length > 64) return 3
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(substitute, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 3
}
