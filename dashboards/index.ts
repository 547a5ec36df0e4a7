/** Numbers to eyes: dashboard definitions as data, and the live page that draws them. */
export { dashboard } from './check-dashboard.ts'
export {
  type CloudWatchBody,
  type CloudWatchOptions as CloudWatchDashboardOptions,
  type CloudWatchResult,
  type CloudWatchWidget,
  cloudWatchDashboard,
} from './cloudwatch/dashboard.ts'
export { type CloudWatchMetrics, cloudWatchMetrics } from './cloudwatch/metrics.ts'
export { defaultDashboard, defaultPanel } from './default-dashboard.ts'
export {
  DATA_SOURCE_UID,
  dashboardUid,
  type GrafanaOptions,
  type GrafanaResult,
  grafanaDashboard,
} from './grafana/dashboard.ts'
export type { GrafanaDashboard, GrafanaPanel, GrafanaQuery } from './grafana/model.ts'
export {
  CONTAINER_HOST,
  type GrafanaProject,
  grafanaProject,
  type ProjectOptions,
  TOKEN_VARIABLE,
} from './grafana/project.ts'
export { FieldMask, MASKED } from './live/field-mask.ts'
export { EdgeSamples, timeText } from './live/flow/edge-samples.ts'
export type { FlowMessage, FlowNodeMessage, FlowRowsMessage } from './live/flow/flow-protocol.ts'
export { flowRoutes } from './live/flow/flow-routes.ts'
export { FlowTracker } from './live/flow/flow-tracker.ts'
export { LiveView, type LiveViewOptions } from './live/live-view.ts'
export { maskedRows } from './live/masked-rows.ts'
export type { ReportMessage, StatusMessage } from './live/protocol.ts'
export type { LiveRoute } from './live/route.ts'
export { EVENT_CLIENTS_MAX, type LiveListener, type ServeLiveOptions, serveLive } from './live/serve.ts'
export type { ShardsMessage } from './live/shards/shard-protocol.ts'
export { type ShardDetail, ShardTracker, shardRoutes } from './live/shards/shard-tracker.ts'
export type { LiveStatus, ShardStatus } from './live/status.ts'
export { metricName } from './prometheus/metric-names.ts'
export { type MetricMetadata, ResultSeries, type ResultSeriesOptions } from './prometheus/result-series.ts'
export { type QuestionAnswer, questionRoutes } from './question/question-routes.ts'
export { ResultTables, type TableCell } from './question/result-tables.ts'
export {
  type ResolvedAnnotation,
  type ResolvedDashboard,
  type ResolvedPanel,
  type ResolvedVariable,
  resolveDashboard,
} from './resolve-dashboard.ts'
export type {
  Annotation,
  BarPanel,
  Combine,
  Dashboard,
  FunnelPanel,
  HeatmapPanel,
  Level,
  Panel,
  PanelKind,
  PanelWidth,
  StateStyle,
  StateTimelinePanel,
  StatPanel,
  TablePanel,
  Threshold,
  TimeSeriesPanel,
  TopPanel,
  Unit,
  Variable,
} from './view-model.ts'
