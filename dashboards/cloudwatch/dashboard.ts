/** A dashboard of the view model as the body that CloudWatch's PutDashboard takes. */
import { MillraceError, type Schema } from '../../core/index.ts'
import { completeDashboard } from '../default-dashboard.ts'
import { gridOf } from '../grid.ts'
import { WIDTHS } from '../live/panels/state.ts'
import { type ResolvedPanel, resolveDashboard } from '../resolve-dashboard.ts'
import { type Dashboard } from '../view-model.ts'
import type { CloudWatchMetrics } from './metrics.ts'
import { Unshowable, type WidgetContent, widgetOf } from './widgets.ts'

/** Widgets of a dashboard. (CloudWatch quotas) */
export const WIDGETS_MAX = 500
/** Bytes of a dashboard's body. */
export const BODY_BYTES_MAX = 1_048_576
/** How far back the dashboard looks when it is opened. */
const START = '-PT3H'

export interface CloudWatchOptions {
  readonly name: string
  readonly outputs: ReadonlyMap<string, Schema>
  readonly dashboard?: Dashboard
  /** milliseconds of the windows that feed a stream; null, or absent, where there are none or they differ */
  readonly windows: ReadonlyMap<string, number | null>
  /** what the destinations write, by output stream */
  readonly metrics: ReadonlyMap<string, CloudWatchMetrics>
  readonly region: string
}

export interface CloudWatchWidget {
  readonly type: 'metric' | 'log'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly properties: Readonly<Record<string, unknown>>
}

export interface CloudWatchBody {
  readonly start: string
  /** `inherit`: widgets keep their own periods */
  readonly periodOverride: 'inherit'
  readonly widgets: readonly CloudWatchWidget[]
}

export interface CloudWatchResult {
  readonly body: CloudWatchBody
  /** panels that were left out, a sentence each */
  readonly notes: readonly string[]
}

/** @throws MillraceError `config` when the dashboard names what the outputs do not have, or the body passes a limit */
export function cloudWatchDashboard(options: CloudWatchOptions): CloudWatchResult {
  const { name, outputs, dashboard, windows, metrics, region } = options
  const notes: string[] = []
  const drawn: { readonly resolved: ResolvedPanel; readonly content: WidgetContent }[] = []
  const { panels, annotations, variables } = resolveDashboard(completeDashboard(name, outputs, dashboard), outputs)
  for (const resolved of panels) {
    const { panel, stream } = resolved
    try {
      const ofStream = metrics.get(stream)
      if (ofStream === undefined) throw new Unshowable(`no output of ${stream} goes to CloudWatch`)
      const windowMs = windows.get(stream) ?? null
      drawn.push({ resolved, content: widgetOf(resolved, ofStream, { region, windowMs }) })
    } catch (error) {
      if (!(error instanceof Unshowable)) throw error
      notes.push(`panel "${panel.title}" is left out: ${error.message}`)
    }
  }
  for (const { annotation } of annotations)
    notes.push(`annotation "${annotation.title}" is left out: CloudWatch marks only instants that are known beforehand`)
  for (const { variable } of variables)
    notes.push(`variable "${variable.name}" is left out: CloudWatch's change a dimension that every metric would need`)
  const places = gridOf(
    drawn.map(({ resolved: { panel }, content }) => [panel.width ?? WIDTHS[panel.kind], content.height]),
  )
  const widgets = drawn.map(({ content: { type, properties } }, index): CloudWatchWidget => {
    const { x, y, w, h } = places[index] ?? { x: 0, y: 0, w: 24, h: 6 }
    return { type, x, y, width: w, height: h, properties }
  })
  const body: CloudWatchBody = { start: START, periodOverride: 'inherit', widgets }
  const bytes = Buffer.byteLength(JSON.stringify(body))
  if (widgets.length > WIDGETS_MAX || bytes > BODY_BYTES_MAX)
    throw new MillraceError(
      'config',
      `the dashboard of ${name} has ${widgets.length} widgets and ${bytes} bytes; CloudWatch takes ${WIDGETS_MAX} and ${BODY_BYTES_MAX}. Make two of it`,
    )
  return { body, notes }
}
