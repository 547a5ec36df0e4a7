/** A dashboard of the view model as Grafana's dashboard JSON. */
import { ERROR_STREAM, type Schema } from '../../core/index.ts'
import { completeDashboard } from '../default-dashboard.ts'
import { type GridPosition, gridOf } from '../grid.ts'
import { WIDTHS } from '../live/panels/state.ts'
import { streamMetrics } from '../prometheus/metric-names.ts'
import { type ResolvedPanel, resolveDashboard } from '../resolve-dashboard.ts'
import { type Dashboard, SPAN_MS_DEFAULT } from '../view-model.ts'
import { grafanaAnnotation, grafanaVariable, variableMatchers } from './choices.ts'
import {
  DATA_SOURCE,
  type GrafanaAnnotation,
  type GrafanaDashboard,
  type GrafanaPanel,
  type GrafanaVariable,
} from './model.ts'
import { type AskedStream, type PanelQuery, panelQueries, Unanswerable } from './panel-queries.ts'
import { type Drawing, drawingOf } from './panels.ts'
import { promDuration } from './queries.ts'
import { refId } from './transformations.ts'

/** Fixed, so that a dashboard finds the data source of the same project. */
export const DATA_SOURCE_UID = 'millrace'
/** Grafana's limit. */
const UID_CHARACTERS_MAX = 40
const REFRESH = '5s'

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
  const resolvedAll = resolveDashboard(whole, outputs)
  const askedOf = (stream: string): AskedStream => {
    const ofStream = metrics.get(stream)
    if (ofStream === undefined)
      throw new Unanswerable(`the rows of ${ERROR_STREAM} are no metrics; the live page shows them`)
    return {
      metrics: ofStream,
      windowMs: windows.get(stream) ?? null,
      matchers: variableMatchers(resolvedAll.variables, stream, ofStream),
    }
  }
  const drawn: { resolved: ResolvedPanel; queries: readonly PanelQuery[]; drawing: Drawing }[] = []
  for (const resolved of resolvedAll.panels)
    attempt(`panel "${resolved.panel.title}"`, notes, () => {
      const asked = askedOf(resolved.stream)
      const queries = panelQueries(resolved, asked)
      drawn.push({ resolved, queries, drawing: drawingOf(resolved, asked.metrics, queries) })
    })
  const annotations: GrafanaAnnotation[] = []
  for (const resolved of resolvedAll.annotations)
    attempt(`annotation "${resolved.annotation.title}"`, notes, () =>
      annotations.push(grafanaAnnotation(resolved, askedOf(resolved.stream))),
    )
  const variables: GrafanaVariable[] = []
  for (const resolved of resolvedAll.variables)
    attempt(`variable "${resolved.variable.name}"`, notes, () => variables.push(grafanaVariable(resolved, metrics)))
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
  return { dashboard: frame(name, whole.title, { panels, annotations, variables }), notes }
}

/** What cannot be asked is left out, and said. */
function attempt(what: string, notes: string[], work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Unanswerable)) throw error
    notes.push(`${what} is left out: ${error.message}`)
  }
}

function grafanaPanel(
  { panel }: ResolvedPanel,
  queries: readonly PanelQuery[],
  { type, options, fieldConfig, transformations, format }: Drawing,
  { id, gridPos, windowMs }: { readonly id: number; readonly gridPos: GridPosition; readonly windowMs: number | null },
): GrafanaPanel {
  const isRange = queries.some(({ isInstant }) => !isInstant)
  const spanMs = 'spanMs' in panel ? panel.spanMs : undefined
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

function frame(
  name: string,
  title: string,
  {
    panels,
    annotations,
    variables,
  }: {
    readonly panels: readonly GrafanaPanel[]
    readonly annotations: readonly GrafanaAnnotation[]
    readonly variables: readonly GrafanaVariable[]
  },
): GrafanaDashboard {
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
        ...variables,
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
        ...annotations,
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
