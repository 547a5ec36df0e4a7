/** What was delivered, newest last. */
import type { FlushReason } from './buffer.ts'

/** One delivered object. */
export interface DeliveredObject {
  readonly key: string
  readonly rows: number
  /** as stored, after format and compression */
  readonly sizeBytes: number
  /** as the buffering hints count */
  readonly bufferedBytes: number
  /** smallest and largest rowtime in the object, epoch milliseconds */
  readonly firstRowtime: number
  readonly lastRowtime: number
  readonly reason: FlushReason
  /** wall clock when the object became visible, epoch milliseconds */
  readonly deliveredAt: number
}

/** Objects that a manifest keeps; the counters go on beyond. */
export const MANIFEST_OBJECTS_MAX = 1_000

export interface ManifestTotals {
  readonly objects: number
  readonly rows: number
  readonly sizeBytes: number
  readonly bufferedBytes: number
}

/** Keeps the newest objects and counts all. */
export class Manifest {
  readonly #onDelivered: (object: DeliveredObject) => void
  readonly #objects: DeliveredObject[] = []
  #totals: ManifestTotals = { objects: 0, rows: 0, sizeBytes: 0, bufferedBytes: 0 }

  /** @param onDelivered called for each object after it became visible; it must not throw */
  constructor(onDelivered: (object: DeliveredObject) => void = () => {}) {
    this.#onDelivered = onDelivered
  }

  /** the newest `MANIFEST_OBJECTS_MAX`, in order of delivery */
  get objects(): readonly DeliveredObject[] {
    return this.#objects
  }

  get totals(): ManifestTotals {
    return this.#totals
  }

  add(object: DeliveredObject): void {
    this.#objects.push(object)
    if (this.#objects.length > MANIFEST_OBJECTS_MAX) this.#objects.shift()
    const { objects, rows, sizeBytes, bufferedBytes } = this.#totals
    this.#totals = {
      objects: objects + 1,
      rows: rows + object.rows,
      sizeBytes: sizeBytes + object.sizeBytes,
      bufferedBytes: bufferedBytes + object.bufferedBytes,
    }
    this.#onDelivered(object)
  }
}
