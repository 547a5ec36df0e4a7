/** Which columns of an output stream are metrics, which are labels, and what they are called: for what is served, and for whoever asks it. */
import { ERROR_STREAM, type Schema } from '../../core/index.ts'
import { isMeasure } from '../default-dashboard.ts'
import { isNumeric } from '../resolve-dashboard.ts'

/** A column and its name in queries. */
export interface NamedColumn {
  readonly index: number
  readonly name: string
}

export interface StreamMetrics {
  readonly schema: Schema
  /** columns whose values are samples, by the names of their metrics */
  readonly metrics: readonly NamedColumn[]
  readonly labels: readonly NamedColumn[]
  /** the column with the end of the window, or with its start, which is the time of the samples; -1: ROWTIME */
  readonly time: number
}

/** By output stream; the error stream has none. A name that two columns share is the first one's, and the second gets `_2`. */
export function streamMetrics(outputs: ReadonlyMap<string, Schema>): ReadonlyMap<string, StreamMetrics> {
  const taken = new Set<string>()
  const result = new Map<string, StreamMetrics>()
  for (const [stream, schema] of outputs) {
    if (stream === ERROR_STREAM) continue
    const columns = schema.columns.map((column, index) => ({ column, index }))
    const measures = columns.filter(({ column }) => isMeasure(column))
    const values = measures.length > 0 ? measures : columns.filter(({ column }) => isNumeric(column))
    const metrics = values.map(({ column, index }) => ({
      index,
      name: freeName(metricName(stream, column.name), taken),
    }))
    const isValue = new Set(values.map(({ index }) => index))
    const names = new Set<string>()
    const labels = columns
      .filter(({ column, index }) => !isValue.has(index) && isLabel(column.type.kind))
      .map(({ column, index }) => ({ index, name: freeName(cleanName(column.name), names) }))
    result.set(stream, { schema, metrics, labels, time: windowColumn(schema) })
  }
  return result
}

/** `PAGE_VIEWS` and `EVENTS` as `page_views_events`. */
export function metricName(stream: string, column: string): string {
  return cleanName(`${stream}_${column}`)
}

/** The column that says which window a row is of: several windows may leave at one instant, and would replace each other there. */
function windowColumn({ columns }: Schema): number {
  const named = (name: string): number =>
    columns.findIndex(column => column.name.toUpperCase() === name && column.type.kind === 'TIMESTAMP')
  return named('WINDOW_END') >= 0 ? named('WINDOW_END') : named('WINDOW_START')
}

function isLabel(kind: string): boolean {
  return (
    kind === 'VARCHAR' ||
    kind === 'CHAR' ||
    kind === 'BOOLEAN' ||
    kind === 'DATE' ||
    kind.endsWith('INT') ||
    kind === 'INTEGER'
  )
}

function cleanName(name: string): string {
  const clean = name.toLowerCase().replace(/[^a-z0-9_]/g, '_')
  return /^\d/.test(clean) ? `_${clean}` : clean
}

function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let number = 2; taken.has(free); number++) free = `${name}_${number}`
  taken.add(free)
  return free
}
