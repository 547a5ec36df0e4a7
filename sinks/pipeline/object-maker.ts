/** Makes what objects of a plan are made with: their buffers, with names, containers and repeats, and the outputs that hold them. */
import { MEBIBYTE, type MillraceError, RETRY_FOR_MS_DEFAULT, withRetry } from '../../core/index.ts'
import { Turns } from '../../core/turns.ts'
import { CONTAINERS } from '../containers/container.ts'
import type { S3Plan } from '../definition/s3-plan.ts'
import { objectName } from '../object-name.ts'
import type { Receipt } from '../receipt.ts'
import type { Staging } from '../staged/staging.ts'
import type { ObjectStore } from '../stores/store.ts'
import { ConcatenatedBody, type RecordDelimiter } from './concatenated-body.ts'
import type { Intake } from './intake.ts'
import { ObjectBuffer } from './object-buffer.ts'
import { Outputs, type OverflowPolicy } from './outputs.ts'
import { keyMetricOf, type StreamMetrics } from './stream-metrics.ts'
import type { Conversion, DeliveryStreamParts, OutputKind } from './stream-options.ts'
import type { Troubles } from './troubles.ts'

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
  readonly troubles: Troubles
  /** null where objects are visible as soon as they are complete */
  readonly staging: Staging | null
  readonly onDelivered: (receipt: Receipt) => void
}

/** An object to open. */
export interface Opening {
  readonly kind: OutputKind
  readonly group: string
  /** what its output needs to open it again */
  readonly context: unknown
  /** null: a new one, now */
  readonly again: { readonly id: string; readonly openedAt: number } | null
}

export interface OutputsWanted {
  readonly plan: S3Plan
  readonly partitionsMax: number
  readonly overflow: OverflowPolicy
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
}

export class ObjectMaker {
  readonly #options: ObjectMakerOptions
  readonly #stores = new Map<string, ObjectStore>()
  readonly #turns: Turns

  constructor(options: ObjectMakerOptions) {
    this.#options = options
    this.#turns = new Turns(options.parts.clock)
  }

  outputs({ plan, partitionsMax, overflow, inTurn }: OutputsWanted): Outputs {
    const { parts, heldBytesMax, intake } = this.#options
    return new Outputs({
      clock: parts.clock,
      hints: plan.hints,
      partitionsMax,
      overflow,
      heldBytesMax,
      behind: () => intake.waitingBytes >= Math.min(plan.hints.SizeInMBs * MEBIBYTE, intake.bytesMax / 2),
      inTurn,
    })
  }

  /** names of objects come from here */
  get names(): DeliveryStreamParts['random'] {
    return this.#options.staging?.names ?? this.#options.parts.random
  }

  async buffer(plan: S3Plan, opening: Opening, prefixOf: (oldestAt: number) => string): Promise<ObjectBuffer> {
    const { parts, streamName, version, delimiter, staging, onDelivered } = this.#options
    const { clock } = parts
    const { kind, group, context, again } = opening
    const random = this.names
    const conversion = kind === 'data' ? this.#options.conversion : null
    // Error objects are never compressed and have no extension.
    const container = CONTAINERS[kind === 'error' ? 'UNCOMPRESSED' : plan.compression]
    const usual = kind === 'error' ? '' : conversion === null ? container.extension : '.parquet'
    const extension = kind === 'error' ? '' : (plan.fileExtension ?? usual)
    const body =
      conversion === null
        ? new ConcatenatedBody(await container.create(random), kind === 'data' ? delimiter : 'none')
        : await conversion.newBody()
    const openedAt = again?.openedAt ?? clock.now()
    const id = staging?.open({ kind, group, context, openedAt }, again?.id) ?? ''
    return new ObjectBuffer({
      body,
      store: staging === null ? this.store(plan.bucketArn) : staging.under(plan.bucketArn),
      attributes: {
        contentType: 'application/octet-stream',
        ...(container.contentEncoding !== null && { contentEncoding: container.contentEncoding }),
        ...(plan.kmsKeyArn !== null && { kmsKeyArn: plan.kmsKeyArn }),
      },
      keyOf: oldestAt =>
        prefixOf(oldestAt) + objectName(streamName, version, plan.prefixes.clock(oldestAt), random.uuid(), extension),
      retrying: operation => this.retrying(operation, kind),
      turns: this.#turns,
      // An interval that ran before the restart goes on.
      firstMs: clock.monotonicMs() - Math.max(0, clock.now() - openedAt),
      kind,
      journal: staging === null ? null : record => staging.add(id, record),
      onSealed: receipt => (staging === null ? onDelivered(receipt) : staging.sealed(id, receipt)),
    })
  }

  /** Repeats a call of a store as long as the stream is told to. */
  retrying<T>(operation: () => Promise<T>, kind: OutputKind = 'data'): Promise<T> {
    const { parts, metrics, troubles } = this.#options
    const { clock, random, retryForMs = RETRY_FOR_MS_DEFAULT } = parts
    const onRetry = (error: MillraceError): void => {
      metrics.add('DeliveryToS3.Retries', 1)
      metrics.add(kind === 'backup' ? 'BackupToS3.Attempts' : 'DeliveryToS3.Attempts', 1)
      const keyMetric = keyMetricOf(error)
      if (keyMetric !== null) metrics.add(keyMetric, 1)
      troubles.happened(error)
    }
    return withRetry({ clock, random, retryForMs, onRetry }, operation)
  }

  /** The store of a bucket; the caller is asked once for each. */
  store(bucketArn: string): ObjectStore {
    const store = this.#stores.get(bucketArn) ?? this.#options.parts.store(bucketArn)
    this.#stores.set(bucketArn, store)
    return store
  }
}
