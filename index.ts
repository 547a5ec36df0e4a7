/** What a `millrace.config.ts` needs. The rooms have entries of their own: `millrace/streams`, `millrace/producers` and so on. */
export {
  type DeliveryOutput,
  type DestinationOutputOptions,
  deliveryStream,
  destination,
} from './cli/outputs/delivery-output.ts'
export { type LocalFilesOutput, localFiles } from './cli/outputs/local-files.ts'
export {
  definePipeline,
  type EmbeddedSource,
  embedded,
  type PipelineDefinition,
  type PipelineOutput,
  type ReferenceDefinition,
  type RoundsDefinition,
} from './cli/pipeline.ts'
export { MillraceError, SqlError } from './core/index.ts'
export { type Dashboard, dashboard, type Panel } from './dashboards/index.ts'
