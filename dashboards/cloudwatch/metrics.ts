/** Which metrics of which dimensions a dashboard needs in CloudWatch, and whether what a destination writes has them. */
import { ERROR_STREAM, type Schema } from '../../core/index.ts'
import { completeDashboard, isMeasure } from '../default-dashboard.ts'
import { type ResolvedPanel, resolveDashboard } from '../resolve-dashboard.ts'
import { type Dashboard, type Unit } from '../view-model.ts'

/**
 * What rows become in CloudWatch, as `cloudWatchDestination` of `millrace/sinks` takes it: numbers in members of the rows, and sets of
 * members that tell series apart.
 */
export interface CloudWatchMetrics {
  readonly Namespace: string
  readonly Metrics: readonly { readonly Name: string; readonly Unit?: string; readonly StorageResolution?: 1 | 60 }[]
  /** default one set of none */
  readonly Dimensions?: readonly (readonly string[])[]
  /** where the rows are log events, for tables */
  readonly logGroupName?: string
}

/** The format's limit. */
const METRICS_MAX = 100

const UNITS: Readonly<Record<string, string>> = {
  count: 'Count',
  perSecond: 'Count/Second',
  bytes: 'Bytes',
  milliseconds: 'Milliseconds',
  seconds: 'Seconds',
  percent: 'Percent',
}

/**
 * What a pipeline's rows must become so that every panel has its metrics, by output stream: to give to `cloudWatchDestination`. Each
 * dimension is a metric for each of its values, and is paid for; these are only those that a panel splits by.
 * @throws MillraceError `config` when the dashboard names what the outputs do not have
 */
export function cloudWatchMetrics(
  name: string,
  outputs: ReadonlyMap<string, Schema>,
  dashboard?: Dashboard,
): ReadonlyMap<string, CloudWatchMetrics> {
  const found = new Map<
    string,
    { metrics: Map<string, string | undefined>; dimensions: Map<string, readonly string[]> }
  >()
  for (const resolved of resolveDashboard(completeDashboard(name, outputs, dashboard), outputs).panels) {
    const { stream, schema, panel } = resolved
    if (stream === ERROR_STREAM) continue
    const entry = found.get(stream) ?? {
      metrics: new Map<string, string | undefined>(),
      dimensions: new Map<string, readonly string[]>(),
    }
    found.set(stream, entry)
    const unit = 'unit' in panel ? panel.unit : undefined
    const measures = schema.columns.flatMap((column, index) => (isMeasure(column) ? [index] : []))
    const columns = panel.kind === 'table' || panel.kind === 'stateTimeline' ? measures : resolved.values
    for (const index of columns.slice(0, METRICS_MAX)) {
      const metric = nameOf(resolved, index)
      entry.metrics.set(metric, entry.metrics.get(metric) ?? cloudWatchUnit(unit))
    }
    const set = resolved.series < 0 ? [] : [nameOf(resolved, resolved.series)]
    entry.dimensions.set(set.join(), set)
  }
  return new Map(
    [...found].map(([stream, { metrics, dimensions }]) => [
      stream,
      {
        Namespace: namespaceOf(name, stream),
        Metrics: [...metrics].map(([Name, Unit]) => ({ Name, ...(Unit === undefined ? {} : { Unit }) })),
        Dimensions: [...dimensions.values()],
      },
    ]),
  )
}

function cloudWatchUnit(unit: Unit | undefined): string | undefined {
  return unit === undefined ? undefined : UNITS[unit]
}

export function nameOf({ schema }: ResolvedPanel, index: number): string {
  return schema.columns[index]?.name ?? ''
}

/** `millrace/clickstream/PAGE_VIEWS`: streams may have columns of the same name. */
function namespaceOf(name: string, stream: string): string {
  return `millrace/${name}/${stream}`.replace(/[^\w.\-/#:]/g, '_').slice(0, 255)
}
