/** A panel for a stream that no dashboard names: enough to see data within a minute, without any definition. */
import { ERROR_STREAM, type Schema } from '../core/index.ts'
import { type Dashboard, isNumeric, isText, type Panel, SERIES_SHOWN_MAX } from './view-model.ts'

/**
 * The panel for an output stream: lines over ROWTIME, split by the first text column; a table where nothing can be drawn.
 * Without a text column every numeric column is a line (8 at most).
 */
export function defaultPanel(stream: string, schema: Schema): Panel {
  const values = schema.columns.filter(isNumeric).map(column => column.name)
  const first = values[0]
  if (first === undefined) return { kind: 'table', title: titleOf(stream), stream, width: 'half' }
  const text = schema.columns.find(isText)
  if (text === undefined)
    return {
      kind: 'timeSeries',
      title: titleOf(stream),
      stream,
      value: values.slice(0, SERIES_SHOWN_MAX),
      width: 'half',
    }
  return {
    kind: 'timeSeries',
    title: titleOf(stream),
    description: `${titleOf(first)} by ${text.name.toLowerCase()}`,
    stream,
    value: first,
    series: text.name,
    width: 'half',
  }
}

/** A dashboard for all output streams; the error stream has a place of its own on the page. */
export function defaultDashboard(title: string, outputs: ReadonlyMap<string, Schema>): Dashboard {
  const panels = [...outputs]
    .filter(([stream]) => stream !== ERROR_STREAM)
    .map(([stream, schema]) => defaultPanel(stream, schema))
  return { title, panels }
}

/** `PAGE_VIEWS` as `Page views`. */
export function titleOf(name: string): string {
  const words = name.replace(/[_\s]+/g, ' ').trim()
  const lower = words === words.toUpperCase() ? words.toLowerCase() : words
  return lower.charAt(0).toUpperCase() + lower.slice(1)
}
