/** How Grafana draws a panel of the view model: its panel type, and the options of that. */
import { unreachable } from '../../core/index.ts'
import type { StreamMetrics } from '../prometheus/metric-names.ts'
import { type ResolvedPanel } from '../resolve-dashboard.ts'
import type { Level, Threshold, Unit } from '../view-model.ts'
import type { FieldConfig, GrafanaPanel } from './model.ts'
import type { PanelQuery } from './panel-queries.ts'
import { barRows, stateRows, tableFields } from './transformations.ts'
import { grafanaUnit } from './units.ts'

/** What the kind of a panel decides; id, place, queries and data source are the dashboard's. */
export interface Drawing extends Pick<GrafanaPanel, 'type' | 'options' | 'fieldConfig' | 'transformations'> {
  /** rows of 30 pixels */
  readonly height: number
  readonly format: 'time_series' | 'table'
}

const CHART_HEIGHT = 8
const STAT_HEIGHT = 4
/** Grafana's names of colours, which it has for light and dark. */
export const LEVEL_COLORS: Readonly<Record<Level, string>> = { info: 'blue', ok: 'green', warn: 'orange', bad: 'red' }
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
          ...thresholds(panel.thresholds),
          color: { mode: 'palette-classic' },
          custom: {
            drawStyle: 'line',
            lineWidth: 2,
            fillOpacity: 10,
            showPoints: 'auto',
            spanNulls: false,
            thresholdsStyle: { mode: panel.thresholds === undefined ? 'off' : 'line' },
          },
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
        fieldConfig: fields(panel.unit, thresholds(panel.thresholds)),
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
      return {
        type: 'barchart',
        height: CHART_HEIGHT,
        format: 'table',
        fieldConfig: fields(panel.unit, {
          ...thresholds(panel.thresholds),
          min: 0,
          color: { mode: panel.thresholds === undefined ? 'palette-classic' : 'thresholds' },
          custom: { lineWidth: 1, fillOpacity: 80 },
        }),
        options: {
          orientation: 'auto',
          xTickLabelRotation: 0,
          xTickLabelMaxLength: 24,
          xTickLabelSpacing: 0,
          showValue: 'auto',
          stacking: resolved.stack >= 0 ? 'normal' : 'none',
          groupWidth: 0.7,
          barWidth: 0.9,
          barRadius: 0,
          fullHighlight: false,
          legend: { ...NO_LEGEND, showLegend: queries.length > 1 || resolved.stack >= 0 },
          tooltip: { mode: 'multi', sort: 'desc' },
        },
        transformations: barRows(resolved, metrics, queries),
      }
    case 'heatmap':
      return {
        type: 'heatmap',
        height: CHART_HEIGHT,
        format: 'time_series',
        fieldConfig: { defaults: { custom: {} }, overrides: [] },
        options: {
          calculate: false,
          color: { mode: 'scheme', scheme: 'Blues', fill: 'blue', exponent: 0.5, steps: 64, reverse: true },
          rowsFrame: { layout: 'unknown' },
          cellGap: 1,
          cellValues: { unit: grafanaUnit(panel.unit ?? 'count') },
          filterValues: { le: 1e-9 },
          yAxis: { axisPlacement: 'left', reverse: panel.order === 'value' },
          showValue: 'never',
          legend: { show: true },
          tooltip: { mode: 'single', yHistogram: false, showColorScale: false },
          exemplars: { color: 'rgba(255,0,255,0.7)' },
        },
        transformations: [],
      }
    case 'stateTimeline':
      return {
        type: 'state-timeline',
        height: CHART_HEIGHT,
        format: 'table',
        fieldConfig: {
          defaults: {
            color: { mode: 'palette-classic' },
            custom: { fillOpacity: 80, lineWidth: 0 },
            mappings:
              panel.states === undefined
                ? []
                : [
                    {
                      type: 'value',
                      options: Object.fromEntries(
                        panel.states.map(({ state, level }, index) => [state, { color: LEVEL_COLORS[level], index }]),
                      ),
                    },
                  ],
          },
          overrides: [],
        },
        options: {
          showValue: 'auto',
          rowHeight: 0.9,
          mergeValues: true,
          alignValue: 'left',
          legend: NO_LEGEND,
          tooltip: { mode: 'single', sort: 'none' },
        },
        transformations: stateRows(resolved, metrics),
      }
    case 'table': {
      const { overrides, transformations } = tableFields(resolved, metrics, queries)
      return {
        type: 'table',
        height: CHART_HEIGHT,
        format: 'table',
        fieldConfig: { ...fields(undefined, {}), overrides },
        options: { showHeader: true, frameIndex: 0, cellHeight: 'sm' },
        transformations,
      }
    }
    default:
      return unreachable(panel, 'drawingOf')
  }
}

/** Below the first step a value has no level, and the colour of all others. */
function thresholds(steps: readonly Threshold[] | undefined): Readonly<Record<string, unknown>> {
  if (steps === undefined) return {}
  const levels = steps.map(({ from, level }) => ({ value: from, color: LEVEL_COLORS[level] }))
  return { thresholds: { mode: 'absolute', steps: [{ value: null, color: 'text' }, ...levels] } }
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
