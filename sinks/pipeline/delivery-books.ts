/** What a stream keeps count of: records it took, objects it delivered, and its rounds where an owner commits. */
import { type Clock, MillraceError, type Random } from '../../core/index.ts'
import type { DefinitionPlan } from '../definition/definition.ts'
import { Manifest } from '../manifest.ts'
import type { Receipt } from '../receipt.ts'
import { Staging, type StagingOptions } from '../staged/staging.ts'
import type { ObjectStore, OpenStore } from '../stores/store.ts'
import { ManifestWriter } from './manifest-writer.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import { TakenRecords } from './taken-records.ts'

export interface DeliveryBooksOptions {
  readonly plan: DefinitionPlan
  readonly clock: Clock
  readonly random: Random
  readonly metrics: StreamMetrics
  readonly staging: StagingOptions | undefined
  readonly manifests: boolean
  readonly store: (bucketArn: string) => ObjectStore
  readonly retrying: <T>(operation: () => Promise<T>) => Promise<T>
  /** records that were taken and are in open objects */
  readonly openRecords: () => number
  readonly onDelivered: (receipt: Receipt) => void
}

export class DeliveryBooks {
  readonly #options: DeliveryBooksOptions
  readonly manifest = new Manifest()
  /** null where objects are visible as soon as they are complete */
  readonly staging: Staging | null
  readonly taken: TakenRecords
  readonly #written: ManifestWriter | null

  constructor(options: DeliveryBooksOptions) {
    this.#options = options
    const { plan, clock, random, staging, manifests, store, retrying } = options
    if (plan.delivery !== null && (manifests || staging !== undefined))
      throw new MillraceError(
        'config',
        `delivery stream ${plan.name}: only objects can be staged and proven by manifests, not what ${plan.destination} takes`,
      )
    const parts = { clock, random, streamName: plan.name, retrying }
    const { bucketArn } = plan.s3
    const bucketArns = [bucketArn, ...(plan.backup === null ? [] : [plan.backup.bucketArn])]
    this.staging =
      staging === undefined
        ? null
        : new Staging(staging, { ...parts, bucketArn, bucketArns, store: bucket => openStore(store(bucket)) })
    this.taken = new TakenRecords(this.staging?.round ?? 0)
    // The manifests of a staged stream are parts of its rounds.
    this.#written =
      manifests && this.staging === null
        ? new ManifestWriter({
            ...parts,
            store: kind => store((kind === 'backup' ? (plan.backup ?? plan.s3) : plan.s3).bucketArn),
            counts: () => this.counts(null),
          })
        : null
  }

  /**
   * An object is visible.
   * @returns true when a manifest is due
   */
  delivered(receipt: Receipt): boolean {
    const { metrics, onDelivered } = this.#options
    const metric = receipt.kind === 'backup' ? 'BackupToS3' : 'DeliveryToS3'
    metrics.add(`${metric}.Records`, receipt.rows)
    metrics.add(`${metric}.Bytes`, receipt.bufferedBytes)
    metrics.add(`${metric}.ObjectCount`, 1)
    metrics.add(`${metric}.Success`, 1)
    metrics.add(`${metric}.Attempts`, 1)
    this.manifest.add(receipt)
    onDelivered(receipt)
    return this.#written?.add(receipt) ?? false
  }

  async writeManifest(closed: boolean): Promise<void> {
    await this.#written?.write(closed)
  }

  /** What a manifest says beside its receipts. @param round the one that begins; null without rounds */
  counts(round: number | null): ReturnType<TakenRecords['end']> & { readonly openRecords: number } {
    return { ...this.taken.end(round), openRecords: this.#options.openRecords() }
  }

  /** @throws MillraceError `config` without staging */
  staged(): Staging {
    if (this.staging !== null) return this.staging
    throw new MillraceError(
      'config',
      `delivery stream ${this.#options.plan.name}: it has no rounds; give it the option staging`,
    )
  }
}

/** @throws MillraceError `config` for a store that objects cannot be staged in */
function openStore(store: ObjectStore): OpenStore {
  if ('publish' in store && 'list' in store) return store as OpenStore
  throw new MillraceError(
    'config',
    'staging needs a store that can list, read and publish, such as FileStore or S3Store',
  )
}
