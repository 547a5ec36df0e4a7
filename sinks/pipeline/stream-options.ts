/** What a delivery stream is made of: its options, and the parts that the caller owns. */
import { type Clock, MEBIBYTE, type MillraceError, type Random } from '../../core/index.ts'
import type { DefinitionOptions } from '../definition/definition.ts'
import type { DeliveryStreamDefinition } from '../definition/delivery-stream.ts'
import type { DestinationFactory, DestinationParts } from '../destinations/open-destination.ts'
import type { Receipt } from '../receipt.ts'
import type { StagingOptions } from '../staged/staging.ts'
import type { ObjectStore } from '../stores/store.ts'
import type { RecordDelimiter } from './concatenated-body.ts'
import type { RecordBody } from './object-buffer.ts'
import type { OverflowPolicy } from './outputs.ts'
import type { FailedRecord, RecordSource, StreamRecord } from './record.ts'
import type { Transform } from './transform.ts'

/** Bytes of records that were taken over and not yet processed. Beyond it puts are throttled and writes wait. */
export const INTAKE_BYTES_DEFAULT = 64 * MEBIBYTE
/**
 * Bytes that all open objects of a store hold in memory, with what their writers keep: beyond it the largest go to the store, and
 * then become objects before they are full.
 */
export const HELD_BYTES_DEFAULT = 128 * MEBIBYTE

export interface DeliveryStreamOptions extends DefinitionOptions {
  /** the JSON of `create-delivery-stream` */
  readonly definition: DeliveryStreamDefinition
  /** 1 for the first configuration, one more for each change; part of object names. Default 1. */
  readonly version?: number
  /** Partitions that are open at a time. Default 500, the service's quota. */
  readonly activePartitionsMax?: number
  /** Default `seal-oldest`; the service's own rule is `error`. */
  readonly overflow?: OverflowPolicy
  /** Default as the definition says: `between` with AppendDelimiterToRecord, else `none`. */
  readonly delimiter?: RecordDelimiter
  /** what the transform is told */
  readonly deliveryStreamArn?: string
  readonly region?: string
  readonly sourceKinesisStreamArn?: string
  readonly intakeBytesMax?: number
  readonly heldBytesMax?: number
  /**
   * Objects stay invisible until the owner of the stream has committed a round and publishes it; stores must be OpenStores.
   * Default: an object is visible as soon as it is complete.
   */
  readonly staging?: StagingOptions
  /** Default false: whether manifests of what was delivered are written beside the objects; a staged stream always writes them. */
  readonly manifests?: boolean
}

export interface DeliveryStreamParts extends DestinationParts {
  readonly clock: Clock
  readonly random: Random
  /** the store of a bucket, by its ARN; asked once for each. Staging and manifests need an OpenStore */
  readonly store: (bucketArn: string) => ObjectStore
  /** serves the Lambda processor */
  readonly transform?: Transform
  /** what CustomDestinationConfiguration stands for */
  readonly destination?: DestinationFactory
  /** called for each object after it became visible; must not throw */
  readonly onDelivered?: (object: Receipt, kind: OutputKind) => void
  /**
   * Told of what failed and will be tried again, such as a bucket that denies: at once, and every five minutes while it lasts. Must
   * not throw.
   */
  readonly onRetry?: (error: MillraceError) => void
  /** How long calls of stores are tried again. Default 24 hours, as the service keeps data. */
  readonly retryForMs?: number
}

export type OutputKind = 'data' | 'error' | 'backup'

/** A record to write, from a source that knows when it arrived. */
export interface WriteRecord {
  readonly data: Uint8Array
  /** epoch milliseconds; default now */
  readonly arrivedAt?: number
  readonly source?: RecordSource
}

/** What conversion, such as to Parquet, puts in place of joined bytes. */
export interface Conversion {
  /**
   * Shows the records that are converted next, in order, so that those that are alike can be converted together. At most
   * ROWS_PER_BATCH_MAX; what was shown before has been put into its body.
   */
  prepare?(records: readonly StreamRecord[]): void
  /** the record as it goes into the body, or why it cannot */
  convert(record: StreamRecord, now: number): StreamRecord | FailedRecord
  newBody(): Promise<RecordBody>
}
