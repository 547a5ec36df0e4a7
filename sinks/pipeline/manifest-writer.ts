/**
 * Writes manifests beside the objects of a stream without rounds: one for every so many receipts and at each flush. What a crash
 * leaves without a manifest is delivered all the same; an audit calls it by name.
 */
import { type Clock, hasCode, type Random } from '../../core/index.ts'
import { type ManifestHead, manifestBytes, manifestKey } from '../manifest-object.ts'
import type { Receipt } from '../receipt.ts'
import { type ObjectStore, putWhole } from '../stores/store.ts'

/** Receipts of one manifest. */
export const MANIFEST_RECEIPTS_MAX = 1_000

export interface ManifestWriterOptions {
  readonly clock: Clock
  readonly random: Random
  readonly streamName: string
  /** the place of an object's kind */
  readonly store: (kind: Receipt['kind']) => ObjectStore
  readonly retrying: <T>(operation: () => Promise<T>) => Promise<T>
  readonly counts: () => Pick<ManifestHead, 'taken' | 'dropped' | 'openRecords'>
}

export class ManifestWriter {
  readonly #options: ManifestWriterOptions
  readonly #run: string
  #receipts: Receipt[] = []
  #number = 0

  constructor(options: ManifestWriterOptions) {
    this.#options = options
    const began = new Date(options.clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')
    this.#run = `${began}-${options.random.uuid()}`
  }

  /** true when a manifest is due */
  add(receipt: Receipt): boolean {
    this.#receipts.push(receipt)
    return this.#receipts.length >= MANIFEST_RECEIPTS_MAX
  }

  /** Writes what there is; nothing when nothing was delivered since, unless the run is closed. */
  async write(closed: boolean): Promise<void> {
    const receipts = this.#receipts
    if (receipts.length === 0 && (!closed || this.#number === 0)) return
    this.#receipts = []
    const { streamName, clock, counts, retrying } = this.#options
    const head = {
      stream: streamName,
      run: this.#run,
      number: ++this.#number,
      ...counts(),
      closed,
      writtenAt: clock.now(),
    }
    // Copies of the source may lie in another bucket, which then has manifests of its own.
    for (const [place, kinds] of this.#places()) {
      const manifest = { ...head, receipts: receipts.filter(({ kind }) => kinds.includes(kind)) }
      const bytes = manifestBytes(manifest)
      const key = manifestKey(manifest)
      // The key is this run's alone: what is there already is an attempt whose answer got lost.
      await retrying(() => putWhole(place, key, bytes)).catch((error: unknown) => {
        if (!hasCode(error, 'already_exists')) throw error
      })
    }
  }

  #places(): ReadonlyMap<ObjectStore, readonly Receipt['kind'][]> {
    const places = new Map<ObjectStore, Receipt['kind'][]>()
    for (const kind of ['data', 'error', 'backup'] as const) {
      const store = this.#options.store(kind)
      places.set(store, [...(places.get(store) ?? []), kind])
    }
    return places
  }
}
