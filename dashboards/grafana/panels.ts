/** How Grafana draws a panel of the view model: its panel type, and the options of that. */
import type { StreamMetrics } from '../prometheus/metric-names.ts'
import type { ResolvedPanel } from '../resolve-dashboard.ts'
import { TABLE_ROWS_DEFAULT, type Unit } from '../view-model.ts'
import type { FieldConfig, FieldOverride, GrafanaPanel, Transformation } from './model.ts'
import { type PanelQuery, ROW_TIME, Unanswerable } from './panel-queries.ts'
import { grafanaUnit } from './units.ts'

/** What the kind of a panel decides; id, place, queries and data source are the dashboard's. */
export interface Drawing extends Pick<GrafanaPanel, 'type' | 'options' | 'fieldConfig' | 'transformations'> {
  /** rows of 30 pixels */
  readonly height: number
  readonly format: 'time_series' | 'table'
}

const CHART_HEIGHT = 8
const STAT_HEIGHT = 4
const LAST = { calcs: ['lastNotNull'], fields: '', values: false }
const NO_LEGEND = { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: false }

export function drawingOf(resolved: ResolvedPanel, metrics: StreamMetrics, queries: readonly PanelQuery[]): Drawing {
  const { panel } = resolved
  switch (panel.kind) {
    case 'timeSeries':
      return {
        type: 'timeseries',
        height: CHART_HEIGHT,
        format: 'time_series',
        fieldConfig: fields(panel.unit, {
          color: { mode: 'palette-classic' },
          custom: { drawStyle: 'line', lineWidth: 2, fillOpacity: 10, showPoints: 'auto', spanNulls: false },
        }),
        options: {
          legend: { ...NO_LEGEND, showLegend: queries.length > 1 || resolved.series >= 0 },
          tooltip: { mode: 'multi', sort: 'desc' },
        },
        transformations: [],
      }
    case 'stat':
      return {
        type: 'stat',
        height: STAT_HEIGHT,
        format: 'time_series',
        fieldConfig: fields(panel.unit, {}),
        options: {
          reduceOptions: LAST,
          graphMode: panel.show === 'total' ? 'none' : 'area',
          colorMode: 'value',
          justifyMode: 'auto',
          textMode: 'value',
          orientation: 'auto',
          wideLayout: true,
          showPercentChange: false,
          percentChangeColorMode: 'standard',
        },
        transformations: [],
      }
    case 'top':
    case 'funnel':
      return {
        type: 'bargauge',
        height: CHART_HEIGHT,
        format: 'time_series',
        // From 0 to the largest, which is a funnel's first step: lengths are shares of it.
        fieldConfig: fields(panel.unit, { min: 0, color: { mode: 'fixed', fixedColor: 'blue' } }),
        options: {
          reduceOptions: LAST,
          displayMode: 'basic',
          valueMode: 'color',
          namePlacement: 'auto',
          showUnfilled: true,
          sizing: 'auto',
          minVizWidth: 8,
          minVizHeight: 16,
          maxVizHeight: 300,
          orientation: 'horizontal',
          legend: NO_LEGEND,
        },
        transformations: [],
      }
    case 'bar':
    case 'heatmap':
    case 'stateTimeline':
      throw new Unanswerable('the live page draws it; there is no Grafana panel for its kind yet')
    case 'table':
      return {
        type: 'table',
        height: CHART_HEIGHT,
        format: 'table',
        ...tableFields(resolved, metrics, queries),
        options: { showHeader: true, frameIndex: 0, cellHeight: 'sm' },
      }
  }
}

function fields(unit: Unit | undefined, more: Readonly<Record<string, unknown>>): FieldConfig {
  return {
    defaults: {
      unit: grafanaUnit(unit ?? 'count'),
      thresholds: { mode: 'absolute', steps: [{ value: null, color: 'blue' }] },
      ...more,
    },
    overrides: [],
  }
}

/** The answers to the queries side by side, with the names of the columns, newest first. */
function tableFields(
  { panel, values, schema }: ResolvedPanel,
  metrics: StreamMetrics,
  queries: readonly PanelQuery[],
): { readonly fieldConfig: FieldConfig; readonly transformations: readonly Transformation[] } {
  const renameByName: Record<string, string> = {}
  const indexByName: Record<string, number> = {}
  const excludeByName: Record<string, boolean> = { Time: true, __name__: true }
  const nameOf = (index: number): string => schema.columns[index]?.name ?? ''
  const place = (field: string, name: string, isShown: boolean): void => {
    if (isShown) {
      renameByName[field] = name
      indexByName[field] = name === ROW_TIME ? 0 : 1 + values.findIndex(index => nameOf(index) === name)
    } else excludeByName[field] = true
  }
  for (const { index, name } of metrics.labels) place(name, nameOf(index), values.includes(index))
  const columns = new Set(values.map(nameOf))
  // One query alone has no letter.
  queries.forEach(({ legend }, at) => {
    place(queries.length === 1 ? 'Value' : `Value #${refId(at)}`, legend, legend === ROW_TIME || columns.has(legend))
  })
  const time: FieldOverride = {
    matcher: { id: 'byName', options: ROW_TIME },
    properties: [{ id: 'unit', value: 'dateTimeAsIso' }],
  }
  const hasTime = queries.some(({ legend }) => legend === ROW_TIME)
  return {
    fieldConfig: { ...fields(undefined, {}), overrides: hasTime ? [time] : [] },
    transformations: [
      { id: 'merge', options: {} },
      { id: 'organize', options: { excludeByName, indexByName, renameByName } },
      ...(hasTime ? [{ id: 'sortBy', options: { fields: {}, sort: [{ field: ROW_TIME, desc: true }] } }] : []),
      {
        id: 'limit',
        options: { limitField: panel.kind === 'table' ? (panel.topN ?? TABLE_ROWS_DEFAULT) : TABLE_ROWS_DEFAULT },
      },
    ],
  }
}

/** `A` to `Z`, then `A1`. */
export function refId(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26))
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`
}
