/** Records and result rows to objects: Firehose's definitions, buffering, prefixes and formats. */
export {
  AUDIT_FINDINGS_MAX,
  AUDIT_RECEIPTS_MAX,
  type AuditFinding,
  type AuditFindingKind,
  type AuditOptions,
  type AuditReport,
  auditDelivery,
} from './audit.ts'
export { type BufferingHints, type FlushReason, flushReason } from './buffer.ts'
export { CONTAINERS, type CompressionFormat, type Container } from './containers/container.ts'
export { fetchGlueTable, type GlueCatalogOptions, type GlueTableInput } from './conversion/glue-catalog.ts'
export { type GlueTable, glueTableOf } from './conversion/glue-table.ts'
export type { HiveColumn, HiveType } from './conversion/hive-type.ts'
export { tableOfJsonSchema } from './conversion/json-schema-table.ts'
export { ParquetConversion, type ParquetConversionOptions } from './conversion/parquet-conversion.ts'
export { RowConversion, type RowConversionOptions } from './conversion/row-conversion.ts'
export type { ProcessingConfiguration, Processor } from './definition/common.ts'
export type { ConversionPlan, JsonDeserializer } from './definition/conversion.ts'
export type { CustomDestinationConfiguration } from './definition/custom.ts'
export {
  ACTIVE_PARTITIONS_DEFAULT,
  ACTIVE_PARTITIONS_MAX,
  checkDefinition,
  type DefinitionOptions,
  type DefinitionPlan,
  definitionPlanOf,
} from './definition/definition.ts'
export type { DeliveryStreamDefinition, DestinationMember } from './definition/delivery-stream.ts'
export type {
  DataFormatConversionConfiguration,
  ExtendedS3DestinationConfiguration,
  ParquetSerDe,
} from './definition/extended-s3.ts'
export type { HttpEndpointDestinationConfiguration } from './definition/http-endpoint.ts'
export type { IcebergDestinationConfiguration } from './definition/iceberg.ts'
export type {
  OpenSearchDestinationConfiguration,
  OpenSearchServerlessDestinationConfiguration,
} from './definition/opensearch.ts'
export type { DeAggregation, LambdaStage, ProcessingPlan } from './definition/processing.ts'
export type { RedshiftDestinationConfiguration } from './definition/redshift.ts'
export type { S3DestinationConfiguration } from './definition/s3.ts'
export type { S3Plan } from './definition/s3-plan.ts'
export type { SnowflakeDestinationConfiguration } from './definition/snowflake.ts'
export type { SplunkDestinationConfiguration } from './definition/splunk.ts'
export { type AwsSignerOptions, awsSigner, type RequestSigner } from './destinations/aws-signature.ts'
export {
  type CloudWatchFactory,
  type CloudWatchLogsLike,
  type CloudWatchOptions,
  cloudWatchDestination,
} from './destinations/cloudwatch.ts'
export type {
  CallResult,
  DestinationCall,
  DestinationName,
  RecordDestination,
  RecordOutcome,
  Refusal,
  RetryRule,
} from './destinations/destination.ts'
export type { EmfMetric, EmfOptions } from './destinations/emf.ts'
export type { FetchLike } from './destinations/http-call.ts'
export {
  type HttpEndpointReceiverOptions,
  httpEndpointReceiver,
  type ReceivedRequest,
} from './destinations/http-endpoint-receiver.ts'
export type { WeekRule } from './destinations/index-name.ts'
export { type LambdaOutputOptions, lambdaDestination } from './destinations/lambda-output.ts'
export {
  type MessageOptions,
  type SnsLike,
  type SqsLike,
  snsDestination,
  sqsDestination,
} from './destinations/messages.ts'
export type { DestinationFactory, DestinationParts, DestinationSetup } from './destinations/open-destination.ts'
export {
  firehoseDestination,
  kafkaDestination,
  kinesisDestination,
  type PutDestinationOptions,
  type PutTargetLike,
} from './destinations/put-target.ts'
export type { SecretReader } from './destinations/secret.ts'
export { type ErrorRecord, errorObjectsIn, errorRecordsOf } from './dlq/error-records.ts'
export { type ErrorFilter, errorFilter } from './dlq/filter.ts'
export { type RedriveParts, type RedriveReport, redrive, redrivenOf } from './dlq/redrive.ts'
export type { ParquetCompression } from './formats/parquet/codec.ts'
export { type DeliveredObject, MANIFEST_OBJECTS_MAX, Manifest, type ManifestTotals } from './manifest.ts'
export { MANIFESTS, type ManifestHead, type ManifestObject, STAGED } from './manifest-object.ts'
export { decodePart, encodePart } from './name-part.ts'
export type { RecordDelimiter } from './pipeline/concatenated-body.ts'
export { DeliveryStream } from './pipeline/delivery-stream.ts'
export { OUTPUT_LATENCY_MS, OutboxSink, type OutboxSinkOptions } from './pipeline/outbox-sink.ts'
export type { OverflowPolicy } from './pipeline/outputs.ts'
export {
  type DeliveryForecast,
  type PlannedCall,
  type PlannedFailure,
  type PlannedObject,
  planDelivery,
} from './pipeline/plan.ts'
export {
  PUT_BATCH_BYTES_MAX,
  PUT_BATCH_RECORDS_MAX,
  PUT_RECORD_BYTES_MAX,
  type PutRecordBatchOutput,
} from './pipeline/put-limits.ts'
export type { ErrorOutputType, FailedRecord, RecordSource, StreamRecord } from './pipeline/record.ts'
export {
  type HttpTransformOptions,
  httpTransform,
  type LambdaTransformOptions,
  lambdaTransform,
} from './pipeline/remote-transforms.ts'
export { RowRecords, RowSink, type RowSinkOptions } from './pipeline/row-sink.ts'
export { STREAM_METRICS, type StreamCounter, type StreamGauge, type StreamMetrics } from './pipeline/stream-metrics.ts'
export {
  type Conversion,
  type DeliveryStreamOptions,
  type DeliveryStreamParts,
  HELD_BYTES_DEFAULT,
  INTAKE_BYTES_DEFAULT,
  type OutputKind,
  type WriteRecord,
} from './pipeline/stream-options.ts'
export {
  type Transform,
  TransformError,
  type TransformReply,
  type TransformRequest,
} from './pipeline/transform.ts'
export {
  type PartitionValues,
  type Prefixes,
  type PrefixKeys,
  type PrefixOptions,
  parsePrefixes,
} from './prefix.ts'
export type { Problem, ProblemCode } from './problem.ts'
export type { NumberRange, Receipt, ShardPlace, ShardRange } from './receipt.ts'
export type { RedshiftDataLike } from './redshift/redshift-data.ts'
export { type Segment, STAGED_AGE_MAX_MS, type StagedObject, type StagingOptions } from './staged/staging.ts'
export { FileStore, type FileStoreOptions } from './stores/file.ts'
export { MemoryStore } from './stores/memory.ts'
export { type S3ClientLike, type S3Encryption, S3Store, type S3StoreOptions } from './stores/s3.ts'
export {
  KEY_BYTES_MAX,
  type ObjectAttributes,
  type ObjectStore,
  type ObjectWriter,
  type OpenStore,
  type StoredObject,
} from './stores/store.ts'
