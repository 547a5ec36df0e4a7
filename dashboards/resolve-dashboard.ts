/** Finds every name of a dashboard in the schemas of the output streams, so that renderers work with columns. */
import { assert, type Column, columnIndex, MillraceError, type Schema, storageOf, unreachable } from '../core/index.ts'
import { annotationPlace, dashboard, panelPlace, variablePlace } from './check-dashboard.ts'
import { findName, listed } from './names.ts'
import {
  ANNOTATION_COLUMNS_MAX,
  type Annotation,
  type Dashboard,
  type Panel,
  ROWTIME,
  SERIES_SHOWN_MAX,
  TABLE_COLUMNS_MAX,
  type Variable,
} from './view-model.ts'

/** A panel whose names were found: stream and columns as stored, with their indexes and types. */
export interface ResolvedPanel {
  readonly panel: Panel
  readonly stream: string
  readonly schema: Schema
  /** index of the x column, or -1 for ROWTIME */
  readonly x: number
  /** index of the column that splits or labels, or -1 */
  readonly series: number
  /** index of the column that splits bars into parts, or -1 */
  readonly stack: number
  /** indexes of the value columns, of the table's columns, or of the state column */
  readonly values: readonly number[]
}

/** An annotation whose names were found. */
export interface ResolvedAnnotation {
  readonly annotation: Annotation
  readonly stream: string
  readonly schema: Schema
  /** index of the column where a mark begins, or -1 for ROWTIME */
  readonly x: number
  /** index of the column where a region ends, or -1 */
  readonly until: number
  /** indexes of the columns whose values stand at the mark */
  readonly text: readonly number[]
}

/** A variable and the index of its column in each stream that has it. */
export interface ResolvedVariable {
  readonly variable: Variable
  readonly columns: ReadonlyMap<string, number>
}

export interface ResolvedDashboard {
  readonly definition: Dashboard
  readonly panels: readonly ResolvedPanel[]
  readonly annotations: readonly ResolvedAnnotation[]
  readonly variables: readonly ResolvedVariable[]
}

/**
 * Finds every name of a dashboard in the schemas of the output streams.
 * @throws MillraceError `config` that names panel, stream and column, says what there is, and guesses what was meant
 */
export function resolveDashboard(definition: Dashboard, outputs: ReadonlyMap<string, Schema>): ResolvedDashboard {
  dashboard(definition)
  const { panels, annotations = [], variables = [] } = definition
  return {
    definition,
    panels: panels.map((panel, index) =>
      resolvePanel(panel, new Names(panelPlace(definition, panel, index), outputs, panel.stream)),
    ),
    annotations: annotations.map((annotation, index) =>
      resolveAnnotation(
        annotation,
        new Names(annotationPlace(definition, annotation, index), outputs, annotation.stream),
      ),
    ),
    variables: variables.map((variable, index) =>
      resolveVariable(variable, outputs, variablePlace(definition, variable, index)),
    ),
  }
}

/** The stream that something names, and its columns by name. */
class Names {
  readonly place: string
  readonly stream: string
  readonly schema: Schema

  constructor(place: string, outputs: ReadonlyMap<string, Schema>, written: string) {
    const names = [...outputs.keys()]
    const stream = findName(written, names)
    const schema = stream === null ? undefined : outputs.get(stream)
    if (stream === null || schema === undefined)
      throw new MillraceError(
        'config',
        `${place}: output stream "${written}" not found${listed('the output streams are', names, written)}`,
      )
    this.place = place
    this.stream = stream
    this.schema = schema
  }

  value = (name: string): number => this.#find(name, isNumeric, 'a value column must be a number')
  label = (name: string): number => this.#find(name, () => true, 'a series column must have a text form')
  time = (name: string | undefined, what = 'an x column'): number =>
    name === undefined || name.toUpperCase() === ROWTIME
      ? -1
      : this.#find(name, column => column.type.kind === 'TIMESTAMP', `${what} must be a TIMESTAMP`)

  #find(name: string, accepts: (column: Column) => boolean, wanted: string): number {
    const names = this.schema.columns.map(column => column.name)
    const found = findName(name, names)
    if (found === null)
      throw new MillraceError(
        'config',
        `${this.place}: column "${name}" not found in ${this.stream}${listed('its columns are', names, name)}`,
      )
    const index = columnIndex(this.schema, found)
    const column = this.schema.columns[index]
    assert(column !== undefined, 'a found column has an index')
    if (!accepts(column))
      throw new MillraceError(
        'config',
        `${this.place}: column "${found}" of ${this.stream} is ${column.type.kind}, but ${wanted}`,
      )
    return index
  }
}

function resolvePanel(panel: Panel, names: Names): ResolvedPanel {
  const { stream, schema } = names
  const base = { panel, stream, schema, x: -1, series: -1, stack: -1 }
  switch (panel.kind) {
    case 'timeSeries': {
      const values = valueNames(panel.value, panel.series, names.place, 'series')
      const series = panel.series === undefined ? -1 : names.label(panel.series)
      return { ...base, x: names.time(panel.x), series, values: values.map(names.value) }
    }
    case 'bar': {
      const values = valueNames(panel.value, panel.stack, names.place, 'stack')
      const stack = panel.stack === undefined ? -1 : names.label(panel.stack)
      return { ...base, series: names.label(panel.series), stack, values: values.map(names.value) }
    }
    case 'stat':
      return { ...base, x: names.time(panel.x), values: [names.value(panel.value)] }
    case 'top':
    case 'funnel':
      return { ...base, series: names.label(panel.series), values: [names.value(panel.value)] }
    case 'heatmap':
      return { ...base, x: names.time(panel.x), series: names.label(panel.series), values: [names.value(panel.value)] }
    case 'stateTimeline': {
      const series = panel.series === undefined ? -1 : names.label(panel.series)
      return { ...base, x: names.time(panel.x), series, values: [names.label(panel.state)] }
    }
    case 'table': {
      const columns = panel.columns ?? schema.columns.slice(0, TABLE_COLUMNS_MAX).map(column => column.name)
      if (columns.length > TABLE_COLUMNS_MAX)
        throw new MillraceError(
          'config',
          `${names.place}: ${columns.length} table columns; the limit is ${TABLE_COLUMNS_MAX}`,
        )
      return { ...base, values: columns.map(names.label) }
    }
    default:
      return unreachable(panel, 'resolvePanel')
  }
}

function valueNames(
  value: string | readonly string[],
  split: string | undefined,
  place: string,
  option: 'series' | 'stack',
): readonly string[] {
  const values = typeof value === 'string' ? [value] : value
  if (values.length === 0 || values.length > SERIES_SHOWN_MAX)
    throw new MillraceError('config', `${place}: value must name 1 to ${SERIES_SHOWN_MAX} columns`)
  if (values.length > 1 && split !== undefined)
    throw new MillraceError(
      'config',
      `${place}: ${values.length} value columns cannot be split by "${split}" as well; name one value column or leave out ${option}`,
    )
  return values
}

function resolveAnnotation(annotation: Annotation, names: Names): ResolvedAnnotation {
  const { stream, schema } = names
  const columns =
    annotation.text ??
    schema.columns
      .filter(isText)
      .slice(0, ANNOTATION_COLUMNS_MAX)
      .map(column => column.name)
  if (columns.length > ANNOTATION_COLUMNS_MAX || annotation.text?.length === 0)
    throw new MillraceError('config', `${names.place}: text must name 1 to ${ANNOTATION_COLUMNS_MAX} columns`)
  return {
    annotation,
    stream,
    schema,
    x: names.time(annotation.x),
    until: annotation.until === undefined ? -1 : names.time(annotation.until, 'an until column'),
    text: columns.map(names.label),
  }
}

function resolveVariable(variable: Variable, outputs: ReadonlyMap<string, Schema>, place: string): ResolvedVariable {
  const columns = new Map<string, number>()
  for (const [stream, schema] of outputs) {
    const found = findName(
      variable.column,
      schema.columns.map(column => column.name),
    )
    if (found !== null) columns.set(stream, columnIndex(schema, found))
  }
  if (columns.size === 0) {
    const all = [...new Set([...outputs.values()].flatMap(schema => schema.columns.map(column => column.name)))]
    throw new MillraceError(
      'config',
      `${place}: no output stream has a column "${variable.column}"${listed('the columns are', all, variable.column)}`,
    )
  }
  return { variable, columns }
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
