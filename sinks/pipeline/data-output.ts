/** The seam behind the processors: objects of a store, or a destination that takes batches. */
import type { DestinationName } from '../destinations/destination.ts'
import type { DeliveredObject } from '../manifest.ts'
import type { OpenedObject } from '../staged/segment.ts'
import type { FailedRecord, StreamRecord } from './record.ts'

export interface DataOutput {
  /** how metrics call where the records go; objects that a table takes count as S3 */
  readonly name: DestinationName | 'S3'
  /** partitions that are open now; 1 or 0 where there are none */
  readonly partitions: number
  /** records that were taken over and are not delivered */
  readonly records: number
  /** arrival of the oldest record that is not delivered; null when there is none */
  readonly oldestAt: number | null
  /**
   * Takes records over, in order; waiting here is the back-pressure. Calls never overlap.
   * @returns those that cannot be delivered, as far as that is known at once
   * @throws what ends the stream
   */
  add(records: readonly StreamRecord[]): Promise<readonly FailedRecord[]>
  /** Resolves when all that was taken over is delivered or has failed. */
  flush(reason: 'flush' | 'close'): Promise<void>
  /** Told of its own objects after they became visible: one, or all of a round. */
  onObjects?(objects: readonly DeliveredObject[]): void
  /** Resolves when nothing is to be done any more for the objects that it was told of. */
  settled?(): Promise<void>
  /** Opens an object again and puts its records back, where objects are staged. */
  restore?(opened: OpenedObject, records: readonly StreamRecord[]): Promise<void>
  /** Lets go of everything, after a failure. */
  abort(): Promise<void>
}
