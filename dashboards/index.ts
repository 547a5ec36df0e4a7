/** Numbers to eyes: dashboard definitions as data, and the live page that draws them. */
export { defaultDashboard, defaultPanel } from './default-dashboard.ts'
export { FieldMask, MASKED } from './live/field-mask.ts'
export { EdgeSamples } from './live/flow/edge-samples.ts'
export { flowRoutes } from './live/flow/flow-routes.ts'
export { FlowTracker } from './live/flow/flow-tracker.ts'
export { LiveView, type LiveViewOptions } from './live/live-view.ts'
export type { ReportMessage } from './live/protocol.ts'
export type { LiveRoute } from './live/route.ts'
export { EVENT_CLIENTS_MAX, type LiveListener, type ServeLiveOptions, serveLive } from './live/serve.ts'
export type { LiveStatus, ShardStatus } from './live/status.ts'
export { metricName } from './prometheus/metric-names.ts'
export { type MetricMetadata, ResultSeries, type ResultSeriesOptions } from './prometheus/result-series.ts'
export {
  type Combine,
  type Dashboard,
  dashboard,
  type FunnelPanel,
  type Panel,
  type PanelWidth,
  resolveDashboard,
  type StatPanel,
  type TablePanel,
  type TimeSeriesPanel,
  type TopPanel,
  type Unit,
} from './view-model.ts'
