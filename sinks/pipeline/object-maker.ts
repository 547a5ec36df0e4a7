/** Makes what objects of a plan are made with: their buffers, with names, containers and repeats, and the outputs that hold them. */
import { MEBIBYTE } from '../../core/index.ts'
import { CONTAINERS } from '../containers/container.ts'
import type { S3Plan } from '../definition/s3-plan.ts'
import type { DeliveredObject } from '../manifest.ts'
import { objectName } from '../object-name.ts'
import { RETRY_FOR_MS_DEFAULT, withRetry } from '../retry.ts'
import type { ObjectStore } from '../stores/store.ts'
import { ConcatenatedBody, type RecordDelimiter } from './concatenated-body.ts'
import type { Intake } from './intake.ts'
import { ObjectBuffer } from './object-buffer.ts'
import { Outputs, type OverflowPolicy } from './outputs.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import type { Conversion, DeliveryStreamParts, OutputKind } from './stream-options.ts'

export interface ObjectMakerOptions {
  readonly parts: DeliveryStreamParts
  readonly streamName: string
  readonly version: number
  /** between the records of a data object */
  readonly delimiter: RecordDelimiter
  readonly conversion: Conversion | null
  readonly heldBytesMax: number
  readonly intake: Intake
  readonly metrics: StreamMetrics
  readonly onDelivered: (object: DeliveredObject, kind: OutputKind) => void
}

export interface OutputsWanted {
  readonly plan: S3Plan
  readonly kind: OutputKind
  readonly partitionsMax: number
  readonly overflow: OverflowPolicy
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
}

export class ObjectMaker {
  readonly #options: ObjectMakerOptions
  readonly #stores = new Map<string, ObjectStore>()

  constructor(options: ObjectMakerOptions) {
    this.#options = options
  }

  outputs({ plan, kind, partitionsMax, overflow, inTurn }: OutputsWanted): Outputs {
    const { parts, heldBytesMax, intake, metrics, onDelivered } = this.#options
    const metric = kind === 'backup' ? 'BackupToS3' : 'DeliveryToS3'
    return new Outputs({
      clock: parts.clock,
      hints: plan.hints,
      partitionsMax,
      overflow,
      heldBytesMax,
      behind: () => intake.waitingBytes >= Math.min(plan.hints.SizeInMBs * MEBIBYTE, intake.bytesMax / 2),
      inTurn,
      onDelivered: object => {
        metrics.add(`${metric}.Records`, object.rows)
        metrics.add(`${metric}.Bytes`, object.bufferedBytes)
        metrics.add(`${metric}.ObjectCount`, 1)
        onDelivered(object, kind)
      },
    })
  }

  async buffer(plan: S3Plan, kind: OutputKind, prefixOf: (oldestAt: number) => string): Promise<ObjectBuffer> {
    const { parts, metrics, streamName, version, delimiter } = this.#options
    const { clock, random, retryForMs = RETRY_FOR_MS_DEFAULT } = parts
    const conversion = kind === 'data' ? this.#options.conversion : null
    // Error objects are never compressed and have no extension.
    const container = CONTAINERS[kind === 'error' ? 'UNCOMPRESSED' : plan.compression]
    const usual = kind === 'error' ? '' : conversion === null ? container.extension : '.parquet'
    const extension = kind === 'error' ? '' : (plan.fileExtension ?? usual)
    const body =
      conversion === null
        ? new ConcatenatedBody(await container.create(random), kind === 'data' ? delimiter : 'none')
        : await conversion.newBody()
    return new ObjectBuffer({
      body,
      store: this.store(plan.bucketArn),
      attributes: {
        contentType: 'application/octet-stream',
        ...(container.contentEncoding !== null && { contentEncoding: container.contentEncoding }),
        ...(plan.kmsKeyArn !== null && { kmsKeyArn: plan.kmsKeyArn }),
      },
      keyOf: oldestAt =>
        prefixOf(oldestAt) + objectName(streamName, version, plan.prefixes.clock(oldestAt), random.uuid(), extension),
      retrying: operation => {
        const onRetry = (): void => metrics.add('DeliveryToS3.Retries', 1)
        return withRetry({ clock, random, retryForMs, onRetry }, operation)
      },
      firstMs: clock.monotonicMs(),
    })
  }

  /** The store of a bucket; the caller is asked once for each. */
  store(bucketArn: string): ObjectStore {
    const store = this.#stores.get(bucketArn) ?? this.#options.parts.store(bucketArn)
    this.#stores.set(bucketArn, store)
    return store
  }
}
