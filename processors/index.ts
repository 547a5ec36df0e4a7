/** Records to result rows: SQL applications, their tasks, and replay over files. */

export { type InputSchema, parseInputSchema } from '../core/codecs/input-schema.ts'
export {
  type Application,
  type ApplicationInputOptions,
  type ApplicationOptions,
  type ApplicationTable,
  compileApplication,
  compileDefinition,
  type DefinitionOptions,
  NAME_PREFIX_DEFAULT,
  type StartOptions,
} from './application.ts'
export { type ApplicationDefinition, type ApplicationOutput, inputStreamNames } from './application-definition.ts'
export { type ImportOptions, importApplication } from './application-json.ts'
export { type CompileOptions, compileProgram } from './compile.ts'
export type { Checkpointer, CheckpointPlace, PreparedCheckpoint } from './consumer/checkpointer.ts'
export {
  CONSUMER_SETTINGS,
  type ConsumerConfiguration,
  completeConsumerConfiguration,
  type InitialPosition,
  type RetrievalMode,
} from './consumer/configuration.ts'
export {
  type ConsumeOptions,
  consume,
  handlerProcessor,
  type RecordHandler,
  type SimpleCheckpoint,
} from './consumer/consume.ts'
export type { ConsumerEvent, ConsumerEventKind } from './consumer/consumer-event.ts'
export type { ConsumerCounts, ConsumerMetricsHook } from './consumer/consumer-metrics.ts'
export type { ConsumerRecord, KafkaDetails } from './consumer/consumer-record.ts'
export type { DroppedAggregate } from './consumer/deaggregated-records.ts'
export type { DeadLetter, FailurePolicy } from './consumer/failure-policy.ts'
export { type HealthOptions, serveHealth } from './consumer/health.ts'
export { jsonLog } from './consumer/json-log.ts'
export { KafkaConsumer, type KafkaConsumerOptions, type KafkaConsumerStatus } from './consumer/kafka/kafka-consumer.ts'
export type { KafkaGroupSettings } from './consumer/kafka/membership.ts'
export {
  type ConsumeKafkaOptions,
  consumeKafka,
  type RunningKafkaConsumer,
  type StartKafkaConsumerOptions,
  startKafkaConsumer,
} from './consumer/kafka/start-kafka-consumer.ts'
export { type KclProperties, parseKclProperties } from './consumer/kcl-properties.ts'
export type {
  KinesisLambdaEvent,
  KinesisLambdaRecord,
  KinesisLambdaResponse,
  LambdaContextLike,
} from './consumer/lambda/event.ts'
export {
  type KinesisLambdaHandler,
  type LambdaHandlerOptions,
  type LambdaHandlerSettings,
  type LambdaHashRange,
  type LambdaRecordProcessor,
  lambdaHandler,
} from './consumer/lambda/lambda-handler.ts'
export type { TumblingWindow } from './consumer/lambda/window.ts'
export {
  type DynamoLeaseStoreOptions,
  openDynamoLeaseStore,
} from './consumer/leases/dynamodb/dynamodb-lease-store.ts'
export {
  type ExtendedSequenceNumber,
  formatExtended,
  parseExtended,
} from './consumer/leases/extended-sequence-number.ts'
export { fileLeaseStore } from './consumer/leases/file-lease-store.ts'
export type { FormerStreamsLeasesDeletionStrategy } from './consumer/leases/former-streams.ts'
export type { Lease } from './consumer/leases/lease.ts'
export type { LeaseStore } from './consumer/leases/lease-table.ts'
export { memoryLeaseStore } from './consumer/leases/memory-lease-store.ts'
export { consumerCloudWatchRequests, consumerOtlpMetrics } from './consumer/metric-adapters.ts'
export type { StreamChoice, StreamSelection } from './consumer/open-streams.ts'
export type {
  CheckpointValue,
  InitializeInput,
  LeaseLostInput,
  ProcessRecordsInput,
  RecordProcessor,
  RecordProcessorFactory,
  ShardEndedInput,
  ShardInfo,
  ShutdownRequestedInput,
} from './consumer/record-processor.ts'
export { type ResetLease, type ResetOptions, resetCheckpoints } from './consumer/reset-checkpoints.ts'
export type { ShardConsumerState, ShardConsumerStatus } from './consumer/shard-consumer.ts'
export {
  type RunningConsumer,
  type StartConsumerOptions,
  shutdownOnSignals,
  startConsumer,
} from './consumer/start-consumer.ts'
export type { StreamTracker } from './consumer/stream-list.ts'
export {
  type ConsumedStream,
  ConsumerWorker,
  type ConsumerWorkerOptions,
  type WorkerState,
  type WorkerStatus,
} from './consumer/worker.ts'
export { type FlowGraphOptions, flowGraphOf } from './flow/flow-graph.ts'
export { FlowMeter } from './flow/flow-meter.ts'
export {
  type SqlLambdaHandler,
  type SqlLambdaOptions,
  type SqlLambdaResponse,
  type SqlLambdaResult,
  sqlLambdaHandler,
} from './lambda/sql-handler.ts'
export {
  type MergeMetrics,
  type MergePosition,
  ShardMerge,
  type ShardMergeOptions,
  type ShardMetrics,
  type ShardProgress,
} from './merge.ts'
export {
  Preprocessor,
  type PreprocessorCallback,
  type PreprocessorContext,
  type PreprocessorEvent,
  type PreprocessorFunction,
  type PreprocessorOptions,
  type PreprocessorRecord,
  type PreprocessorResponse,
  type PreprocessorResult,
} from './preprocessor.ts'
export type { Program } from './program.ts'
export { ANSWER_ROWS_MAX, type EmittedQuestion, emitQuestion } from './question/emit.ts'
export type { QuestionTable } from './question/question-tables.ts'
export {
  fileReference,
  ReferenceRefresh,
  type ReferenceRefreshOptions,
  type ReferenceSource,
  type RefreshedTable,
} from './reference-refresh.ts'
export { REFERENCE_FILE_BYTES_MAX, type ReferenceTableSchema, readReferenceTable } from './reference-table.ts'
export { REPLAY_START } from './replay/arrivals.ts'
export {
  REPLAY_SHARDS_MAX,
  type ReplayOptions,
  type ReplayProgress,
  type ReplayReport,
  replayFile,
} from './replay/replay.ts'
export type { ResultFile } from './replay/result-files.ts'
export { explainProgram } from './sql/explain.ts'
export { planProgram } from './sql/plan.ts'
export { inputsOf, type PlanNode, type ProgramPlan, type PumpPlan, type StreamPlan } from './sql/plan-node.ts'
export { requireStateless, type StatefulPart, statefulParts } from './sql/stateless.ts'
export { DynamoTaskTable, type DynamoTaskTableOptions } from './task/dynamodb/dynamo-task-table.ts'
export { FileTaskTable, type FileTaskTableOptions } from './task/file-task-table.ts'
export { ROUND_MS_DEFAULT, Rounds, type RoundsOptions, type Stateful } from './task/rounds.ts'
export type {
  CommittedOutput,
  SnapshotRef,
  TaskCommit,
  TaskRow,
  TaskSnapshots,
  TaskTable,
} from './task/task-table.ts'
export {
  runTask,
  type TapListener,
  Task,
  type TaskCounters,
  type TaskOptions,
  type TaskProgram,
  type TaskResult,
} from './task.ts'
