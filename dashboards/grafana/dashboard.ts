/** A dashboard of the view model as Grafana's dashboard JSON. */
import { ERROR_STREAM, type Schema } from '../../core/index.ts'
import { completeDashboard } from '../default-dashboard.ts'
import { layout } from '../live/page/layout.ts'
import { streamMetrics } from '../prometheus/metric-names.ts'
import { type ResolvedPanel, resolveDashboard } from '../resolve-dashboard.ts'
import { type Dashboard, type PanelKind, type PanelWidth, SPAN_MS_DEFAULT } from '../view-model.ts'
import { DATA_SOURCE, type GrafanaDashboard, type GrafanaPanel, type GridPosition } from './model.ts'
import { type PanelQuery, panelQueries, Unanswerable } from './panel-queries.ts'
import { type Drawing, drawingOf, refId } from './panels.ts'
import { promDuration } from './queries.ts'

/** Fixed, so that a dashboard finds the data source of the same project. */
export const DATA_SOURCE_UID = 'millrace'
/** Grafana's limit. */
const UID_CHARACTERS_MAX = 40
const REFRESH = '5s'
/** The live page has 12 columns, Grafana 24. */
const COLUMNS_FACTOR = 2
const WIDTHS: Readonly<Record<PanelKind, PanelWidth>> = {
  timeSeries: 'half',
  stat: 'quarter',
  top: 'third',
  bar: 'third',
  funnel: 'third',
  heatmap: 'half',
  stateTimeline: 'half',
  table: 'half',
}

export interface GrafanaOptions {
  /** name of the pipeline; the uid is made of it */
  readonly name: string
  readonly outputs: ReadonlyMap<string, Schema>
  /** what to draw; without it every output stream gets its default panel */
  readonly dashboard?: Dashboard
  /** milliseconds of the windows that feed a stream; null, or absent, where there are none or they differ */
  readonly windows: ReadonlyMap<string, number | null>
}

export interface GrafanaResult {
  readonly dashboard: GrafanaDashboard
  /** panels that were left out, a sentence each */
  readonly notes: readonly string[]
}

/** @throws MillraceError `config` when the dashboard names what the outputs do not have */
export function grafanaDashboard({ name, outputs, dashboard, windows }: GrafanaOptions): GrafanaResult {
  const whole = completeDashboard(name, outputs, dashboard)
  const metrics = streamMetrics(outputs)
  const notes: string[] = []
  const drawn: { resolved: ResolvedPanel; queries: readonly PanelQuery[]; drawing: Drawing }[] = []
  for (const resolved of resolveDashboard(whole, outputs).panels) {
    const { panel, stream } = resolved
    const ofStream = metrics.get(stream)
    try {
      if (ofStream === undefined)
        throw new Unanswerable(`the rows of ${ERROR_STREAM} are no metrics; the live page shows them`)
      const queries = panelQueries(resolved, ofStream, windows.get(stream) ?? null)
      drawn.push({ resolved, queries, drawing: drawingOf(resolved, ofStream, queries) })
    } catch (error) {
      if (!(error instanceof Unanswerable)) throw error
      notes.push(`panel "${panel.title}" is left out: ${error.message}`)
    }
  }
  const places = gridOf(
    drawn.map(({ resolved: { panel }, drawing }) => [panel.width ?? WIDTHS[panel.kind], drawing.height]),
  )
  const ids = new Ids()
  const panels = drawn.map(({ resolved, queries, drawing }, index) =>
    grafanaPanel(resolved, queries, drawing, {
      id: ids.of(resolved),
      gridPos: places[index] ?? { x: 0, y: 0, w: 24, h: drawing.height },
      windowMs: windows.get(resolved.stream) ?? null,
    }),
  )
  return { dashboard: frame(name, whole.title, panels), notes }
}

function grafanaPanel(
  { panel }: ResolvedPanel,
  queries: readonly PanelQuery[],
  { type, options, fieldConfig, transformations, format }: Drawing,
  { id, gridPos, windowMs }: { readonly id: number; readonly gridPos: GridPosition; readonly windowMs: number | null },
): GrafanaPanel {
  const isRange = queries.some(({ isInstant }) => !isInstant)
  const spanMs = panel.kind === 'table' ? undefined : panel.spanMs
  return {
    id,
    type,
    title: panel.title,
    description: panel.description ?? '',
    datasource: DATA_SOURCE,
    gridPos,
    ...(isRange && windowMs !== null && { interval: promDuration(windowMs) }),
    ...(isRange && spanMs !== undefined && spanMs !== SPAN_MS_DEFAULT && { timeFrom: promDuration(spanMs) }),
    targets: queries.map(({ expr, legend, isInstant }, index) => ({
      refId: refId(index),
      datasource: DATA_SOURCE,
      editorMode: 'code',
      expr,
      legendFormat: legend,
      format,
      instant: isInstant,
      range: !isInstant,
    })),
    transformations,
    fieldConfig,
    options,
  }
}

function frame(name: string, title: string, panels: readonly GrafanaPanel[]): GrafanaDashboard {
  return {
    uid: dashboardUid(name),
    title,
    description: `The results of the pipeline ${name}, by the time of its events.`,
    tags: ['millrace'],
    timezone: 'browser',
    editable: true,
    graphTooltip: 1,
    liveNow: true,
    refresh: REFRESH,
    schemaVersion: 42,
    time: { from: `now-${promDuration(SPAN_MS_DEFAULT)}`, to: 'now' },
    timepicker: { refresh_intervals: ['1s', '5s', '10s', '30s', '1m', '5m', '15m'] },
    templating: {
      list: [
        {
          type: 'datasource',
          name: 'datasource',
          label: 'Data source',
          query: 'prometheus',
          current: { selected: true, text: 'millrace', value: DATA_SOURCE_UID },
          hide: 0,
          includeAll: false,
          multi: false,
          options: [],
          refresh: 1,
          regex: '',
          skipUrlSync: false,
        },
      ],
    },
    annotations: {
      list: [
        {
          builtIn: 1,
          datasource: { type: 'grafana', uid: '-- Grafana --' },
          enable: true,
          hide: true,
          iconColor: 'rgba(0, 211, 255, 1)',
          name: 'Annotations & Alerts',
          type: 'dashboard',
        },
      ],
    },
    panels,
  }
}

/** The name of a pipeline as a uid, and as the name of a file: letters, digits and hyphens. */
export function dashboardUid(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  const whole = `millrace-${slug === '' ? hashOf(name).toString(36) : slug}`
  // Two long names that begin alike are two dashboards.
  return whole.length <= UID_CHARACTERS_MAX
    ? whole
    : `${whole.slice(0, UID_CHARACTERS_MAX - 8)}-${hashOf(name).toString(36).padStart(7, '0').slice(0, 7)}`
}

/** Ids that a panel keeps when others come, go or move: links of alerts and bookmarks name them. */
class Ids {
  readonly #taken = new Set<number>()

  of({ panel, stream }: ResolvedPanel): number {
    let id = 1 + (hashOf(`${panel.kind}\n${stream}\n${panel.title}`) % 999_999)
    while (this.#taken.has(id)) id++
    this.#taken.add(id)
    return id
  }
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

/** Rows from left to right without a hole, as high as their highest panel. */
function gridOf(panels: readonly (readonly [PanelWidth, number])[]): GridPosition[] {
  const spans = layout(
    panels.map(([width]) => width),
    'wide',
  )
  const places: GridPosition[] = []
  let [x, y, from] = [0, 0, 0]
  const heightOf = (start: number, end: number): number =>
    Math.max(...panels.slice(start, end).map(([, height]) => height))
  for (let index = 0; index <= spans.length; index++) {
    const w = (spans[index] ?? 0) * COLUMNS_FACTOR
    if (index < spans.length && x + w <= 24) {
      places.push({ x, y, w, h: 0 })
      x += w
      continue
    }
    const h = heightOf(from, index)
    for (let at = from; at < index; at++) places[at] = { ...(places[at] as GridPosition), h }
    if (index === spans.length) break
    ;[x, y, from] = [0, y + h, index]
    places.push({ x, y, w, h: 0 })
    x = w
  }
  return places
}
