/** User records into a stream. */

export {
  CLOUDWATCH_DATA_MAX,
  type CloudWatchRequest,
  type MetricDimension,
  type MetricUnit,
  type OtlpMetric,
  type Statistics,
} from '../core/index.ts'
export type { CollectBody } from './collect/collect-body.ts'
export {
  type BadEvent,
  Collector,
  type CollectorCounters,
  type CollectorOptions,
  type EventPutter,
} from './collect/collector.ts'
export {
  type CollectorListener,
  type CollectorPage,
  type ServeCollectorOptions,
  serveCollector,
} from './collect/serve-collector.ts'
export { completeConfiguration, type ProducerConfiguration } from './configuration.ts'
export { ERROR_CODES_MAX, type ProducerMetrics } from './counters.ts'
export { type FirehoseLike, type FirehoseTargetOptions, firehoseTarget } from './firehose-target.ts'
export type { KafkaLike } from './kafka/client.ts'
export { type KafkaCompression, type KafkaTarget, type KafkaTargetOptions, kafkaTarget } from './kafka/kafka-target.ts'
export { fromCommands, type KinesisLike, type KinesisTargetOptions, kinesisTarget } from './kinesis-target.ts'
export { type ClientSettings, type KplProperties, parseKplProperties } from './kpl-properties.ts'
export * from './metrics/adapters.ts'
export type { MetricsHook } from './metrics/feed.ts'
export * from './metrics/metric-names.ts'
export type { AdditionalDimension, MetricDatum } from './metrics/recorder.ts'
export { type Attempt, type Outcome, PutError, type PutFailure } from './outcome.ts'
export { type CloseSummary, type MarkOptions, Producer, type ProducerOptions } from './producer.ts'
export type { PutResult } from './put-batch.ts'
export {
  type ListedShard,
  type OpenShard,
  type PutEntry,
  type PutOutcome,
  type PutRefused,
  type PutStored,
  type PutTarget,
  type TargetCapabilities,
  UNKNOWN_END,
} from './put-target.ts'
export { type RecordPutter, type RecordWritableOptions, recordWritable } from './record-writable.ts'
export type { RecordSchema, SchemaEncoder } from './schema-encoding.ts'
export type { ShardMapState } from './shard-map.ts'
export { streamTarget } from './stream-target.ts'
export type { UserRecordInput } from './user-record.ts'
