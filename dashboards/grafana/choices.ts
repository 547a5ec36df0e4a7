/** Variables and annotations of a dashboard, as Grafana has them. */

import { titleOf } from '../default-dashboard.ts'
import type { StreamMetrics } from '../prometheus/metric-names.ts'
import type { ResolvedAnnotation, ResolvedVariable } from '../resolve-dashboard.ts'
import { DATA_SOURCE, type GrafanaAnnotation, type GrafanaVariable } from './model.ts'
import { type AskedStream, annotationQuery, Unanswerable } from './panel-queries.ts'
import { LEVEL_COLORS } from './panels.ts'
import { chosen } from './queries.ts'

/** The variable that names the data source. */
const TAKEN = 'datasource'
/** Chosen by nobody: every value, and rows that have none. */
const ALL = { selected: true, text: 'All', value: '$__all' }

/** What the variables of a dashboard put on every selector of a stream; a stream without the column shows all of its rows. */
export function variableMatchers(
  variables: readonly ResolvedVariable[],
  stream: string,
  metrics: StreamMetrics,
): readonly string[] {
  return variables.flatMap(({ variable, columns }) => {
    const label = metrics.labels.find(({ index }) => index === columns.get(stream))
    return label === undefined ? [] : [chosen(label.name, variable.name)]
  })
}

/** @throws Unanswerable where its column is a label of no stream */
export function grafanaVariable(
  { variable, columns }: ResolvedVariable,
  metrics: ReadonlyMap<string, StreamMetrics>,
): GrafanaVariable {
  const { name, title, column, values } = variable
  if (name === TAKEN) throw new Unanswerable(`${TAKEN} is the name of the data source there; give it another`)
  const carriers = [...columns].flatMap(([stream, index]) => {
    const label = metrics.get(stream)?.labels.find(one => one.index === index)
    const metric = metrics.get(stream)?.metrics[0]
    return label === undefined || metric === undefined ? [] : [{ label: label.name, metric: metric.name }]
  })
  const [carrier] = carriers
  if (carrier === undefined) throw new Unanswerable(`${column} is a label of no metric`)
  const common = {
    name,
    label: title ?? titleOf(column),
    current: ALL,
    includeAll: true,
    allValue: '.*',
    multi: true,
    hide: 0,
    skipUrlSync: false,
  } as const
  if (values !== undefined)
    return {
      ...common,
      type: 'custom',
      query: values.map(value => value.replaceAll(',', '\\,')).join(','),
      options: [],
    }
  const query = `label_values(${carrier.metric}, ${carrier.label})`
  return {
    ...common,
    type: 'query',
    datasource: DATA_SOURCE,
    definition: query,
    query: { query, refId: 'A' },
    // When the range changes: what happened in it can be chosen.
    refresh: 2,
    sort: 1,
    regex: '',
    options: [],
  }
}

/** Rows as marks: the value of each sample is when the row was, so that a mark is there however wide the step is. */
export function grafanaAnnotation(resolved: ResolvedAnnotation, asked: AskedStream): GrafanaAnnotation {
  const { title, level = 'info' } = resolved.annotation
  const { expr, labels } = annotationQuery(resolved, asked)
  return {
    name: title,
    datasource: DATA_SOURCE,
    enable: true,
    hide: false,
    iconColor: LEVEL_COLORS[level],
    expr,
    target: { refId: 'Anno', datasource: DATA_SOURCE, expr, interval: '10s', range: true, instant: false },
    titleFormat: title,
    textFormat: labels.map(label => `{{${label}}}`).join(' '),
    tagKeys: '',
    useValueForTime: true,
  }
}
