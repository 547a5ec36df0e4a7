/** A panel for a stream that no dashboard names: enough to see data within a minute, without any definition. */
import { type Column, ERROR_STREAM, type Schema } from '../core/index.ts'
import { isNumeric, isText } from './resolve-dashboard.ts'
import { type Dashboard, type Panel, SERIES_SHOWN_MAX } from './view-model.ts'

/** Numbers that name things; nobody wants their sum. */
const LABEL_NAME = /(^|_)(ID|CODE|STATUS|KEY|YEAR|MONTH|DAY|HOUR|MINUTE|ZIP|PORT|VERSION)$/i

/** Whether a column measures something, and does not only name it by a number. */
export function isMeasure(column: Column): boolean {
  return isNumeric(column) && !LABEL_NAME.test(column.name)
}

/**
 * The panel for an output stream: lines over ROWTIME, split by the first column that names things (text, or a number such as
 * a status code); a table where nothing can be drawn. Without such a column every numeric column is a line (8 at most).
 */
export function defaultPanel(stream: string, schema: Schema): Panel {
  const numbers = schema.columns.filter(isNumeric).map(column => column.name)
  const measures = schema.columns.filter(isMeasure).map(column => column.name)
  const values = measures.length > 0 ? measures : numbers
  const first = values[0]
  if (first === undefined) return { kind: 'table', title: titleOf(stream), stream, width: 'half' }
  const label =
    schema.columns.find(isText) ?? schema.columns.find(column => isNumeric(column) && !values.includes(column.name))
  const base = { kind: 'timeSeries', title: titleOf(stream), stream, width: 'half' } as const
  if (label === undefined) return { ...base, value: values.slice(0, SERIES_SHOWN_MAX) }
  return { ...base, description: `${titleOf(first)} by ${label.name.toLowerCase()}`, value: first, series: label.name }
}

/** A dashboard for all output streams; the error stream has a place of its own on the page. */
export function defaultDashboard(title: string, outputs: ReadonlyMap<string, Schema>): Dashboard {
  const panels = [...outputs]
    .filter(([stream]) => stream !== ERROR_STREAM)
    .map(([stream, schema]) => defaultPanel(stream, schema))
  return { title, panels }
}

/** The definition with a default panel for every output stream that it leaves out, unless it hides those. */
export function completeDashboard(
  title: string,
  outputs: ReadonlyMap<string, Schema>,
  definition?: Dashboard,
): Dashboard {
  if (definition === undefined) return defaultDashboard(title, outputs)
  if (definition.others === 'hide') return definition
  const named = new Set(definition.panels.flatMap(panel => [panel.stream, panel.stream.toUpperCase()]))
  const others = [...outputs]
    .filter(([stream]) => stream !== ERROR_STREAM && !named.has(stream))
    .map(([stream, schema]) => defaultPanel(stream, schema))
  return { ...definition, panels: [...definition.panels, ...others] }
}

/** `PAGE_VIEWS` as `Page views`. */
export function titleOf(name: string): string {
  const words = name.replace(/[_\s]+/g, ' ').trim()
  const lower = words === words.toUpperCase() ? words.toLowerCase() : words
  return lower.charAt(0).toUpperCase() + lower.slice(1)
}
