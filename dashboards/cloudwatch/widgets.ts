/** Widgets of CloudWatch for panels of the view model. ("Dashboard body structure and syntax" and "Metric math" in CloudWatch's documentation.) */
import { unreachable } from '../../core/index.ts'
import { type ResolvedPanel } from '../resolve-dashboard.ts'
import {
  BARS_DEFAULT,
  type Combine,
  type Level,
  SERIES_SHOWN_DEFAULT,
  SPAN_MS_DEFAULT,
  TABLE_ROWS_DEFAULT,
} from '../view-model.ts'
import { type CloudWatchMetrics, nameOf } from './metrics.ts'

/** What a widget cannot show, in a sentence. */
export class Unshowable extends Error {}

export interface WidgetContent {
  readonly type: 'metric' | 'log'
  readonly height: number
  readonly properties: Readonly<Record<string, unknown>>
}

const CHART_HEIGHT = 6
const STAT_HEIGHT = 3
/** Periods below a minute; all others are multiples of one. */
const SHORT_PERIODS = [1, 5, 10, 30] as const
const MINUTE_SECONDS = 60
/** CloudWatch has no last value of a period; of one row a period every statistic is that. */
const STATISTIC: Readonly<Record<Combine, 'Sum' | 'Maximum'>> = { sum: 'Sum', max: 'Maximum', last: 'Maximum' }

/** @throws Unshowable for what the destination does not write */
export function widgetOf(
  resolved: ResolvedPanel,
  metrics: CloudWatchMetrics,
  { region, windowMs }: { readonly region: string; readonly windowMs: number | null },
): WidgetContent {
  const { panel } = resolved
  const common = { region, title: panel.title }
  switch (panel.kind) {
    case 'timeSeries': {
      const combine = panel.combine ?? 'sum'
      const period = periodOf(windowMs, metrics)
      const at = { stat: STATISTIC[combine], period }
      const lines =
        resolved.series < 0
          ? resolved.values.map(index => whole(resolved, metrics, index, at))
          : [largest(resolved, metrics, panel.topN ?? SERIES_SHOWN_DEFAULT, at)]
      const levels = (panel.thresholds ?? []).map(({ from, level }) => ({
        value: from,
        label: level,
        color: COLORS[level],
      }))
      const annotations = levels.length === 0 ? {} : { annotations: { horizontal: levels } }
      const drawn = { ...common, view: 'timeSeries', stacked: false, ...at, metrics: lines, ...annotations }
      return { type: 'metric', height: CHART_HEIGHT, properties: drawn }
    }
    case 'stat': {
      const period = panel.show === 'total' ? spanPeriod(panel.spanMs) : periodOf(windowMs, metrics)
      const at = { stat: STATISTIC[panel.combine ?? 'sum'], period }
      const lines = [whole(resolved, metrics, resolved.values[0] ?? -1, at)]
      const drawn = { ...common, view: 'singleValue', sparkline: panel.show !== 'total', ...at, metrics: lines }
      return { type: 'metric', height: STAT_HEIGHT, properties: drawn }
    }
    case 'top': {
      const period = panel.over === 'span' ? spanPeriod(panel.spanMs) : periodOf(windowMs, metrics)
      const at = { stat: 'Sum', period }
      const bars = [largest(resolved, metrics, panel.topN ?? BARS_DEFAULT, at)]
      return { type: 'metric', height: CHART_HEIGHT, properties: { ...common, view: 'bar', ...at, metrics: bars } }
    }
    case 'bar': {
      if (resolved.stack >= 0) throw new Unshowable("CloudWatch's bars have no parts; leave out stack")
      const period = panel.over === 'span' ? spanPeriod(panel.spanMs) : periodOf(windowMs, metrics)
      const at = { stat: 'Sum', period }
      const bars = resolved.values.map(index => largest(resolved, metrics, panel.topN ?? BARS_DEFAULT, at, index))
      return { type: 'metric', height: CHART_HEIGHT, properties: { ...common, view: 'bar', ...at, metrics: bars } }
    }
    case 'heatmap':
      throw new Unshowable('CloudWatch has no heatmaps')
    case 'stateTimeline':
      throw new Unshowable('CloudWatch has numbers only, and no states')
    case 'funnel': {
      const period = panel.over === 'last' ? periodOf(windowMs, metrics) : spanPeriod(panel.spanMs)
      const dimension = nameOf(resolved, resolved.series)
      requireSet(resolved, metrics, [dimension])
      const name = metricOf(resolved, metrics, resolved.values[0] ?? -1)
      const at = { stat: 'Sum', period }
      const bars = panel.steps.map(step => [metrics.Namespace, name, dimension, step, { label: step, ...at }])
      return { type: 'metric', height: CHART_HEIGHT, properties: { ...common, view: 'bar', ...at, metrics: bars } }
    }
    case 'table':
      return tableOf(resolved, metrics, common)
    default:
      return unreachable(panel, 'widgetOf')
  }
}

const COLORS: Readonly<Record<Level, string>> = { info: '#1f77b4', ok: '#2ca02c', warn: '#ff7f0e', bad: '#d62728' }

interface Sampling {
  readonly stat: string
  /** seconds */
  readonly period: number
}

/** One number for all rows: their own metric where a set of no dimensions is written, else the sum of a set. */
function whole(
  resolved: ResolvedPanel,
  metrics: CloudWatchMetrics,
  index: number,
  { stat, period }: Sampling,
): readonly unknown[] {
  const name = metricOf(resolved, metrics, index)
  const sets = metrics.Dimensions ?? [[]]
  if (sets.some(set => set.length === 0)) return [metrics.Namespace, name, { label: name, stat, period }]
  const [set] = sets
  if (set === undefined) throw new Unshowable(`${metrics.Namespace} has no set of dimensions`)
  const all = stat === 'Sum' ? 'SUM' : 'MAX'
  return [
    { expression: `${all}(${search(metrics.Namespace, set, name, stat, period)})`, label: name, id: `all${index}` },
  ]
}

/** The largest values of one dimension, by what they have over the time that is shown. */
function largest(
  resolved: ResolvedPanel,
  metrics: CloudWatchMetrics,
  count: number,
  { stat, period }: Sampling,
  index = resolved.values[0] ?? -1,
): readonly unknown[] {
  const dimension = nameOf(resolved, resolved.series)
  requireSet(resolved, metrics, [dimension])
  const name = metricOf(resolved, metrics, index)
  const found = search(metrics.Namespace, [dimension], name, stat, period)
  return [
    {
      expression: `SORT(${found}, ${stat === 'Sum' ? 'SUM' : 'MAX'}, DESC, ${count})`,
      id: `largest${index}`,
      label: `\${PROP('Dim.${dimension}')}`,
    },
  ]
}

function search(namespace: string, dimensions: readonly string[], name: string, stat: string, period: number): string {
  for (const text of [...dimensions, name])
    if (/['"\\]/.test(text)) throw new Unshowable(`a search cannot name ${text}: it holds quotes`)
  const schema = [namespace, ...dimensions].map(text => `"${text}"`).join(',')
  return `SEARCH('{${schema}} MetricName="${name}"', '${stat}', ${period})`
}

function metricOf(resolved: ResolvedPanel, { Namespace, Metrics }: CloudWatchMetrics, index: number): string {
  const name = nameOf(resolved, index)
  if (Metrics.some(({ Name }) => Name === name)) return name
  throw new Unshowable(
    `${name} of ${resolved.stream} is no metric of ${Namespace}; add it to Metrics of the destination`,
  )
}

function requireSet(
  { stream }: ResolvedPanel,
  { Namespace, Dimensions = [[]] }: CloudWatchMetrics,
  wanted: readonly string[],
): void {
  if (Dimensions.some(set => set.length === wanted.length && set.every(name => wanted.includes(name)))) return
  throw new Unshowable(
    `${stream} is not split by ${wanted.join()} in ${Namespace}; add ${JSON.stringify(wanted)} to Dimensions of the destination`,
  )
}

/** The period that holds whole windows, in seconds: metrics of standard resolution have a minute at least. */
function periodOf(windowMs: number | null, { Metrics }: CloudWatchMetrics): number {
  const seconds = Math.ceil((windowMs ?? 0) / 1_000)
  const isFine = Metrics.every(({ StorageResolution }) => StorageResolution === 1)
  const short = isFine ? SHORT_PERIODS.find(period => period >= seconds) : undefined
  return short ?? Math.max(1, Math.ceil(seconds / MINUTE_SECONDS)) * MINUTE_SECONDS
}

function spanPeriod(spanMs = SPAN_MS_DEFAULT): number {
  return Math.max(1, Math.ceil(spanMs / 1_000 / MINUTE_SECONDS)) * MINUTE_SECONDS
}

/** The rows are log events, so the newest are a query of Logs Insights. */
function tableOf(
  resolved: ResolvedPanel,
  { Namespace, logGroupName }: CloudWatchMetrics,
  common: Readonly<Record<string, unknown>>,
): WidgetContent {
  const { panel, values } = resolved
  if (logGroupName === undefined)
    throw new Unshowable(
      'rows are read from their log group, and the destination writes lines; name the group with --log-group',
    )
  const rows = panel.kind === 'table' ? (panel.topN ?? TABLE_ROWS_DEFAULT) : TABLE_ROWS_DEFAULT
  const fields = values.map(index => `\`${nameOf(resolved, index)}\``).join(', ')
  const query = [
    `SOURCE '${logGroupName}' | fields @timestamp, ${fields}`,
    `filter _aws.CloudWatchMetrics.0.Namespace = ${JSON.stringify(Namespace)}`,
    'sort @timestamp desc',
    `limit ${rows}`,
  ].join('\n| ')
  return { type: 'log', height: CHART_HEIGHT, properties: { ...common, view: 'table', query } }
}
