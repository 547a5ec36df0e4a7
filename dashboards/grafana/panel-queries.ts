/** Which queries a panel of the view model asks. */
import { unreachable } from '../../core/index.ts'
import type { StreamMetrics } from '../prometheus/metric-names.ts'
import type { ResolvedPanel } from '../resolve-dashboard.ts'
import { BARS_DEFAULT, type Combine, SERIES_SHOWN_DEFAULT, SPAN_MS_DEFAULT, TABLE_ROWS_DEFAULT } from '../view-model.ts'
import { combined, isLong, largest, latest, matcher, newest, promDuration, type Samples, within } from './queries.ts'

export interface PanelQuery {
  readonly expr: string
  /** a name, or `{{label}}` */
  readonly legend: string
  /** asked at one instant, the end of the chart; otherwise over its range */
  readonly isInstant: boolean
}

/** What a panel cannot ask, in a sentence; nothing else is left out without a word. */
export class Unanswerable extends Error {}

/** @throws Unanswerable for what is no metric, or no label of one */
export function panelQueries(
  resolved: ResolvedPanel,
  metrics: StreamMetrics,
  windowMs: number | null,
): readonly PanelQuery[] {
  const { panel, stream, schema, series } = resolved
  const columnName = (index: number): string => schema.columns[index]?.name ?? ''
  const samplesOf = (index: number): Samples => {
    const metric = metrics.metrics.find(one => one.index === index)
    if (metric === undefined)
      throw new Unanswerable(
        `${columnName(index)} of ${stream} is a label and no metric: it names things, others measure`,
      )
    return { metric: metric.name, windowMs }
  }
  const labelOf = (index: number): string => {
    const label = metrics.labels.find(one => one.index === index)
    if (label === undefined)
      throw new Unanswerable(
        `${columnName(index)} of ${stream} is no label: texts, whole numbers that name things, and dates are`,
      )
    return label.name
  }
  switch (panel.kind) {
    case 'timeSeries': {
      const combine = panel.combine ?? 'sum'
      if (series < 0)
        return resolved.values.map(index => ({
          expr: combined(combine, null, within(combine, samplesOf(index), '$__interval')),
          legend: columnName(index),
          isInstant: false,
        }))
      return linesBy(labelOf(series), combine, panel.topN ?? SERIES_SHOWN_DEFAULT, samplesOf(resolved.values[0] ?? -1))
    }
    case 'stat': {
      const combine = panel.combine ?? 'sum'
      const samples = samplesOf(resolved.values[0] ?? -1)
      const legend = columnName(resolved.values[0] ?? -1)
      if (panel.show !== 'total') return [{ expr: combined(combine, null, newest(samples)), legend, isInstant: false }]
      const span = promDuration(panel.spanMs ?? SPAN_MS_DEFAULT)
      return [{ expr: combined(combine, null, within(combine, samples, span)), legend, isInstant: true }]
    }
    case 'top': {
      const samples = samplesOf(resolved.values[0] ?? -1)
      const label = labelOf(series)
      const of =
        panel.over === 'span' ? within('sum', samples, promDuration(panel.spanMs ?? SPAN_MS_DEFAULT)) : newest(samples)
      const expr = `topk(${panel.topN ?? BARS_DEFAULT}, ${combined('sum', label, of)})`
      return [{ expr, legend: `{{${label}}}`, isInstant: true }]
    }
    case 'funnel': {
      const all = samplesOf(resolved.values[0] ?? -1)
      const label = labelOf(series)
      const span = promDuration(panel.spanMs ?? SPAN_MS_DEFAULT)
      return panel.steps.map(step => {
        const samples = { ...all, matchers: [matcher(label, step)] }
        // The newest window is the stream's, not the step's: a step without rows in it is 0 there.
        const of = panel.over === 'last' ? `${newest(all)} and ${latest(samples)}` : within('sum', samples, span)
        return { expr: `${combined('sum', null, of)} or vector(0)`, legend: step, isInstant: true }
      })
    }
    case 'table':
      return tableQueries(resolved, metrics, windowMs)
    case 'bar':
    case 'heatmap':
    case 'stateTimeline':
      throw new Unanswerable('the live page draws it; there is no Grafana panel for its kind yet')
    default:
      return unreachable(panel, 'panelQueries')
  }
}

/** The largest groups as lines, and the sum of the rest, where a sum means something. */
function linesBy(label: string, combine: Combine, count: number, samples: Samples): readonly PanelQuery[] {
  const lines = combined(combine, label, within(combine, samples, '$__interval'))
  const shown = largest(count, label, combine, samples)
  const query = { expr: `${lines} and on (${label}) ${shown}`, legend: `{{${label}}}`, isInstant: false }
  if (combine !== 'sum') return [query]
  return [query, { expr: `sum(${lines} unless on (${label}) ${shown})`, legend: 'other', isInstant: false }]
}

/** One query for each numeric column, and one for the time of the rows, of the newest row of each series. */
function tableQueries(
  { values, stream, panel }: ResolvedPanel,
  metrics: StreamMetrics,
  windowMs: number | null,
): readonly PanelQuery[] {
  const shown = metrics.metrics.filter(({ index }) => values.includes(index))
  const carriers = shown.length > 0 ? shown : metrics.metrics.slice(0, 1)
  const [first] = carriers
  if (first === undefined)
    throw new Unanswerable(`${stream} has no number, so that there is no metric that would carry its rows`)
  const count = panel.kind === 'table' ? (panel.topN ?? TABLE_ROWS_DEFAULT) : TABLE_ROWS_DEFAULT
  const samples = { metric: first.name, windowMs }
  const column = (name: string, expr: string): PanelQuery => ({ expr, legend: name, isInstant: true })
  const nameOf = (index: number): string => metrics.schema.columns[index]?.name ?? ''
  if (isLong(samples))
    return carriers.map(({ index, name }) => column(nameOf(index), latest({ metric: name, windowMs })))
  const rows = `topk(${count}, timestamp(${first.name}))`
  return [
    column(ROW_TIME, `${rows} * 1000`),
    ...carriers.map(({ index, name }) => column(nameOf(index), `${name} and ${rows}`)),
  ]
}

/** The name of a table's first column. */
export const ROW_TIME = 'ROWTIME'
