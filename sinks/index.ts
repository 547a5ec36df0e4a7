/** Result rows to objects: Firehose's buffering, prefixes and formats on local files. */
export { type BufferingHints, type FlushReason, flushReason } from './buffer.ts'
export { Delivery, type DeliveryParts } from './delivery.ts'
export type { Delimiter } from './formats/json-lines.ts'
export type { ParquetCompression } from './formats/parquet/codec.ts'
export { type DeliveredObject, MANIFEST_OBJECTS_MAX, Manifest, type ManifestTotals } from './manifest.ts'
export {
  type CompressionFormat,
  checkDeliveryOptions,
  type DeliveryOptions,
  type DeliveryPlan,
  deliveryPlanOf,
  type ParquetSerDe,
} from './options.ts'
export { type Prefixes, type PrefixOptions, parsePrefixes } from './prefix.ts'
export type { Problem, ProblemCode } from './problem.ts'
export { FileStore, type FileStoreOptions } from './stores/file.ts'
export { MemoryStore } from './stores/memory.ts'
export { KEY_BYTES_MAX, type ObjectStore, type ObjectWriter } from './stores/store.ts'
