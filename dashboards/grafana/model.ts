/**
 * The part of Grafana's dashboard JSON (schema version 42) that is written. A test compiles what is written against the types of
 * Grafana's Foundation SDK, so that these need not repeat what its types say.
 */

import type { GridPosition } from '../grid.ts'

/** What a panel asks Prometheus. */
export interface GrafanaQuery {
  readonly refId: string
  readonly datasource: GrafanaDataSource
  readonly editorMode: 'code'
  readonly expr: string
  readonly legendFormat: string
  readonly format: 'time_series' | 'table' | 'heatmap'
  readonly instant: boolean
  readonly range: boolean
}

export interface GrafanaDataSource {
  readonly type: 'prometheus'
  readonly uid: string
}

export interface FieldConfig {
  readonly defaults: Readonly<Record<string, unknown>>
  readonly overrides: readonly FieldOverride[]
}

export interface FieldOverride {
  readonly matcher: { readonly id: 'byName'; readonly options: string }
  readonly properties: readonly { readonly id: string; readonly value: unknown }[]
}

export interface Transformation {
  readonly id: string
  readonly options: Readonly<Record<string, unknown>>
}

export interface GrafanaPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description: string
  readonly datasource: GrafanaDataSource
  readonly gridPos: GridPosition
  /** shortest step of a range query */
  readonly interval?: string
  /** where the panel looks farther back, or less far, than the dashboard */
  readonly timeFrom?: string
  readonly targets: readonly GrafanaQuery[]
  readonly transformations: readonly Transformation[]
  readonly fieldConfig: FieldConfig
  readonly options: Readonly<Record<string, unknown>>
}

export interface GrafanaVariable {
  readonly type: 'datasource' | 'query' | 'custom'
  readonly name: string
  readonly label: string
  readonly [member: string]: unknown
}

export interface GrafanaAnnotation {
  readonly name: string
  readonly enable: boolean
  readonly iconColor: string
  readonly [member: string]: unknown
}

export interface GrafanaDashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly timezone: 'browser'
  readonly editable: boolean
  /** 1: panels share the crosshair */
  readonly graphTooltip: 1
  readonly liveNow: boolean
  readonly refresh: string
  readonly schemaVersion: 42
  readonly time: { readonly from: string; readonly to: 'now' }
  readonly timepicker: { readonly refresh_intervals: readonly string[] }
  readonly templating: { readonly list: readonly GrafanaVariable[] }
  readonly annotations: { readonly list: readonly GrafanaAnnotation[] }
  readonly panels: readonly GrafanaPanel[]
}

/** The variable through which every panel names its data source, so that one import serves several. */
export const DATA_SOURCE: GrafanaDataSource = { type: 'prometheus', uid: '${datasource}' }
