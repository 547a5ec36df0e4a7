/** What a `millrace.config.ts` needs. The rooms have entries of their own: `millrace/streams`, `millrace/producers` and so on. */
export {
  definePipeline,
  type EmbeddedSource,
  embedded,
  type LocalFilesOutput,
  localFiles,
  type PipelineDefinition,
  type ReferenceDefinition,
} from './cli/pipeline.ts'
export { MillraceError, SqlError } from './core/index.ts'
export { type Dashboard, dashboard, type Panel } from './dashboards/index.ts'
