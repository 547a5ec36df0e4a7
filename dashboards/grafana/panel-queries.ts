/** Which queries a panel of the view model asks. */
import { unreachable } from '../../core/index.ts'
import type { StreamMetrics } from '../prometheus/metric-names.ts'
import type { ResolvedAnnotation, ResolvedPanel } from '../resolve-dashboard.ts'
import {
  BARS_DEFAULT,
  type BarPanel,
  type Combine,
  HEATMAP_ROWS_DEFAULT,
  SERIES_SHOWN_DEFAULT,
  SERIES_SHOWN_MAX,
  SPAN_MS_DEFAULT,
  STATE_ROWS_DEFAULT,
  TABLE_ROWS_DEFAULT,
} from '../view-model.ts'
import {
  busiest,
  combined,
  isLong,
  largest,
  latest,
  matcher,
  newest,
  promDuration,
  type Samples,
  selector,
  within,
} from './queries.ts'

export interface PanelQuery {
  readonly expr: string
  /** a name, or `{{label}}` */
  readonly legend: string
  /** asked at one instant, the end of the chart; otherwise over its range */
  readonly isInstant: boolean
}

/** What a panel cannot ask, in a sentence; nothing else is left out without a word. */
export class Unanswerable extends Error {}

/** What the queries of a panel are made from. */
export interface AskedStream {
  readonly metrics: StreamMetrics
  readonly windowMs: number | null
  /** matchers that variables of the dashboard put on every selector of the stream */
  readonly matchers: readonly string[]
}

/** @throws Unanswerable for what is no metric, or no label of one */
export function panelQueries(resolved: ResolvedPanel, asked: AskedStream): readonly PanelQuery[] {
  const { panel, series } = resolved
  const names = new Names(resolved, asked)
  const [first = -1] = resolved.values
  switch (panel.kind) {
    case 'timeSeries': {
      const combine = panel.combine ?? 'sum'
      if (series < 0)
        return resolved.values.map(index => ({
          expr: combined(combine, null, within(combine, names.samples(index), '$__interval')),
          legend: names.column(index),
          isInstant: false,
        }))
      return linesBy(names.label(series), combine, panel.topN ?? SERIES_SHOWN_DEFAULT, names.samples(first))
    }
    case 'stat': {
      const combine = panel.combine ?? 'sum'
      const samples = names.samples(first)
      const isTotal = panel.show === 'total'
      const of = isTotal ? within(combine, samples, spanOf(panel.spanMs)) : newest(samples)
      return [{ expr: combined(combine, null, of), legend: names.column(first), isInstant: isTotal }]
    }
    case 'top': {
      const label = names.label(series)
      const of = rowsOf(panel.over ?? 'last', names.samples(first), panel.spanMs)
      const expr = `topk(${panel.topN ?? BARS_DEFAULT}, ${combined('sum', label, of)})`
      return [{ expr, legend: `{{${label}}}`, isInstant: true }]
    }
    case 'bar':
      return barQueries(resolved, panel, names)
    case 'funnel': {
      const all = names.samples(first)
      const label = names.label(series)
      return panel.steps.map(step => {
        const samples = { ...all, matchers: [...(all.matchers ?? []), matcher(label, step)] }
        // The newest window is the stream's, not the step's: a step without rows in it is 0 there.
        const of =
          panel.over === 'last' ? `${newest(all)} and ${latest(samples)}` : within('sum', samples, spanOf(panel.spanMs))
        return { expr: `${combined('sum', null, of)} or vector(0)`, legend: step, isInstant: true }
      })
    }
    case 'heatmap': {
      const [label, combine] = [names.label(series), panel.combine ?? 'sum']
      const samples = names.samples(first)
      const rows = combined(combine, label, within(combine, samples, '$__interval'))
      const shown = largest(panel.topN ?? HEATMAP_ROWS_DEFAULT, label, combine, samples)
      return [{ expr: `${rows} and on (${label}) ${shown}`, legend: `{{${label}}}`, isInstant: false }]
    }
    case 'stateTimeline': {
      const state = names.label(first)
      const samples = names.carrier()
      const by = series < 0 ? state : `${names.label(series)}, ${state}`
      const rows = `max by (${by}) (${within('last', samples, '$__interval')})`
      if (series < 0) return [{ expr: rows, legend: `{{${state}}}`, isInstant: false }]
      const label = names.label(series)
      const shown = busiest(panel.topN ?? STATE_ROWS_DEFAULT, label, samples)
      return [{ expr: `${rows} and on (${label}) ${shown}`, legend: `{{${label}}}`, isInstant: false }]
    }
    case 'table':
      return tableQueries(resolved, names)
    default:
      return unreachable(panel, 'panelQueries')
  }
}

/** Columns of a stream by what they are in queries. */
class Names {
  readonly #resolved: Pick<ResolvedPanel, 'stream' | 'schema'>
  readonly asked: AskedStream

  constructor(resolved: Pick<ResolvedPanel, 'stream' | 'schema'>, asked: AskedStream) {
    this.#resolved = resolved
    this.asked = asked
  }

  column(index: number): string {
    return this.#resolved.schema.columns[index]?.name ?? ''
  }

  samples(index: number): Samples {
    const { metrics, windowMs, matchers } = this.asked
    const metric = metrics.metrics.find(one => one.index === index)
    if (metric === undefined)
      throw new Unanswerable(
        `${this.column(index)} of ${this.#resolved.stream} is a label and no metric: it names things, others measure`,
      )
    return { metric: metric.name, windowMs, matchers }
  }

  label(index: number): string {
    const label = this.asked.metrics.labels.find(one => one.index === index)
    if (label === undefined)
      throw new Unanswerable(
        `${this.column(index)} of ${this.#resolved.stream} is no label: texts, whole numbers that name things, and dates are`,
      )
    return label.name
  }

  /** A metric that carries the labels of every row. */
  carrier(): Samples {
    const [first] = this.asked.metrics.metrics
    if (first === undefined)
      throw new Unanswerable(
        `${this.#resolved.stream} has no number, so that there is no metric that would carry its rows`,
      )
    return this.samples(first.index)
  }
}

function spanOf(spanMs = SPAN_MS_DEFAULT): string {
  return promDuration(spanMs)
}

function rowsOf(over: 'last' | 'span', samples: Samples, spanMs: number | undefined): string {
  return over === 'span' ? within('sum', samples, spanOf(spanMs)) : newest(samples)
}

/** The largest bars. Parts beyond those that have a colour are one, "other". */
function barQueries({ series, stack, values }: ResolvedPanel, panel: BarPanel, names: Names): readonly PanelQuery[] {
  const [label, count, over] = [names.label(series), panel.topN ?? BARS_DEFAULT, panel.over ?? 'last']
  const of = values.map(index => combined('sum', label, rowsOf(over, names.samples(index), panel.spanMs)))
  if (stack < 0) {
    // The bars are the same for every value: those with the largest sum of all.
    const bars = `topk(${count}, ${of.map(one => `(${one})`).join(' + ')})`
    const exprs =
      of.length === 1 ? [`topk(${count}, ${of[0] ?? ''})`] : of.map(one => `${one} and on (${label}) ${bars}`)
    return exprs.map((expr, at) => ({ expr, legend: names.column(values[at] ?? -1), isInstant: true }))
  }
  const [part, rows] = [names.label(stack), rowsOf(over, names.samples(values[0] ?? -1), panel.spanMs)]
  const bars = `topk(${count}, sum by (${label}) (${rows}))`
  const parts = `topk(${SERIES_SHOWN_MAX}, sum by (${part}) (${rows}))`
  const shown = `sum by (${label}, ${part}) (${rows}) and on (${part}) ${parts}`
  const rest = `label_replace(sum by (${label}) (sum by (${label}, ${part}) (${rows}) unless on (${part}) ${parts}), "${part}", "other", "", "")`
  return [
    {
      expr: `(${shown} or ${rest}) and on (${label}) ${bars}`,
      legend: names.column(values[0] ?? -1),
      isInstant: true,
    },
  ]
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
function tableQueries({ values, panel }: ResolvedPanel, names: Names): readonly PanelQuery[] {
  const { metrics } = names.asked.metrics
  const carrier = names.carrier()
  const shown = metrics.filter(({ index }) => values.includes(index))
  const columns = shown.length > 0 ? shown : metrics.slice(0, 1)
  const column = (name: string, expr: string): PanelQuery => ({ expr, legend: name, isInstant: true })
  if (isLong(carrier)) return columns.map(({ index }) => column(names.column(index), latest(names.samples(index))))
  const count = panel.kind === 'table' ? (panel.topN ?? TABLE_ROWS_DEFAULT) : TABLE_ROWS_DEFAULT
  const rows = `topk(${count}, timestamp(${selector(carrier)}))`
  return [
    column(ROW_TIME, `${rows} * 1000`),
    ...columns.map(({ index }) => column(names.column(index), `${selector(names.samples(index))} and ${rows}`)),
  ]
}

/** The name of a table's first column. */
export const ROW_TIME = 'ROWTIME'

/**
 * When rows were, in milliseconds, as an annotation asks; with the labels that stand at the mark.
 * @throws Unanswerable where the stream has no metric
 */
export function annotationQuery(
  resolved: ResolvedAnnotation,
  asked: AskedStream,
): { readonly expr: string; readonly labels: readonly string[] } {
  const names = new Names(resolved, asked)
  const labels = resolved.text.flatMap(index =>
    asked.metrics.labels.filter(one => one.index === index).map(({ name }) => name),
  )
  return { expr: `timestamp(${selector(names.carrier())}) * 1000`, labels }
}
