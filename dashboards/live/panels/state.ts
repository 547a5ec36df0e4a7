/** What every panel's memory has: its shape for the page, rows in, changes out. One class for each kind of data. */
import { assert, type Column, type ColumnVector, type RowBatch } from '../../../core/index.ts'
import { isNumeric, type ResolvedPanel } from '../../resolve-dashboard.ts'
import { type Panel, SPAN_MS_DEFAULT } from '../../view-model.ts'
import { cutText, numberAt } from '../columns.ts'
import type { PanelChange, PanelData, PanelShape, PanelWidthMessage } from '../protocol.ts'

export interface PanelState {
  readonly shape: PanelShape
  /** Takes the rows of the panel's stream. */
  add(batch: RowBatch): void
  /** Everything, for a page that knows nothing; a call changes nothing. */
  data(): PanelData
  /** What changed since the last call, or null. */
  change(): PanelChange | null
}

/** Labels that a ranking keeps; the rest counts in its total. */
export const LABELS_TRACKED_MAX = 1_024
/** A column may lie this far ahead of the rowtime and still be a time to draw; a wild clock must not push the chart away. */
const AHEAD_MS_MAX = 3_600_000

/** How wide a panel is that does not say it. */
export const WIDTHS: Readonly<Record<PanelShape['kind'], PanelWidthMessage>> = {
  timeSeries: 'half',
  stat: 'quarter',
  top: 'third',
  bar: 'third',
  funnel: 'third',
  heatmap: 'half',
  stateTimeline: 'half',
  table: 'half',
}

/** @param variables names of the variables that choose among the panel's rows */
export function shapeOf(resolved: ResolvedPanel, id: string, variables: readonly string[]): PanelShape {
  const { panel, stream, schema, series, values } = resolved
  const nameOf = (index: number): string => cutText(schema.columns[index]?.name ?? '')
  const labels = schema.columns[series]
  const areLabelsNumbers = labels !== undefined && isNumeric(labels)
  const value = values.length === 1 ? nameOf(values[0] ?? -1) : ''
  return {
    id,
    kind: panel.kind,
    title: cutText(panel.title),
    description: cutText(panel.description ?? ''),
    stream: cutText(stream),
    unit: panel.kind === 'table' || panel.kind === 'stateTimeline' ? 'count' : (panel.unit ?? 'count'),
    width: panel.width ?? WIDTHS[panel.kind],
    spanMs: panel.kind === 'table' ? SPAN_MS_DEFAULT : (panel.spanMs ?? SPAN_MS_DEFAULT),
    label: series >= 0 ? nameOf(series) : value,
    value,
    over: overOf(panel),
    combine: 'combine' in panel ? (panel.combine ?? 'sum') : 'sum',
    order: orderOf(panel, areLabelsNumbers),
    areLabelsNumbers,
    thresholds: 'thresholds' in panel ? (panel.thresholds ?? []) : [],
    states: panel.kind === 'stateTimeline' ? (panel.states ?? []) : [],
    variables,
  }
}

function overOf(panel: Panel): 'last' | 'span' {
  switch (panel.kind) {
    case 'stat':
      return panel.show === 'total' ? 'span' : 'last'
    case 'top':
    case 'bar':
      return panel.over ?? 'last'
    case 'funnel':
      return panel.over ?? 'span'
    default:
      return 'last'
  }
}

function orderOf(panel: Panel, areLabelsNumbers: boolean): 'value' | 'label' {
  if (panel.kind === 'heatmap') return panel.order ?? (areLabelsNumbers ? 'label' : 'value')
  return panel.kind === 'bar' ? (panel.order ?? 'value') : 'value'
}

export interface ColumnAt {
  readonly definition: Column
  readonly vector: ColumnVector
}

export function columnOf({ schema }: Pick<ResolvedPanel, 'schema'>, batch: RowBatch, index: number): ColumnAt {
  const definition = schema.columns[index]
  const vector = batch.columns[index]
  assert(definition !== undefined && vector !== undefined, 'a batch has the columns of its stream')
  return { definition, vector }
}

/** The instant at which a row is drawn; null for NULL and for a time that is far ahead of its rowtime. @param x -1: ROWTIME */
export function timeAt(
  resolved: Pick<ResolvedPanel, 'schema'>,
  batch: RowBatch,
  x: number,
  row: number,
): number | null {
  const rowtime = batch.rowtimes[row] ?? 0
  if (x < 0) return rowtime
  const { definition, vector } = columnOf(resolved, batch, x)
  const at = numberAt(vector, definition.type, row)
  return at === null || at > rowtime + AHEAD_MS_MAX ? null : at
}
