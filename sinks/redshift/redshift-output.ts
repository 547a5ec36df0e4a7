/** Records into objects, and the objects into a table. */
import type { DeliveredObject } from '../manifest.ts'
import type { DataOutput } from '../pipeline/data-output.ts'
import type { ObjectDataOutput } from '../pipeline/object-data-output.ts'
import type { FailedRecord, StreamRecord } from '../pipeline/record.ts'
import type { OpenedObject } from '../staged/segment.ts'
import type { RedshiftCopier } from './redshift-copier.ts'

export class RedshiftOutput implements DataOutput {
  readonly name = 'S3'
  readonly #objects: ObjectDataOutput
  readonly #copier: RedshiftCopier

  constructor(objects: ObjectDataOutput, copier: RedshiftCopier) {
    this.#objects = objects
    this.#copier = copier
  }

  get partitions(): number {
    return this.#objects.partitions
  }

  get records(): number {
    return this.#objects.records
  }

  get oldestAt(): number | null {
    const both = [this.#objects.oldestAt, this.#copier.oldestAt].filter(at => at !== null)
    return both.length === 0 ? null : Math.min(...both)
  }

  async add(records: readonly StreamRecord[]): Promise<readonly FailedRecord[]> {
    await this.#copier.room()
    return this.#objects.add(records)
  }

  async flush(reason: 'flush' | 'close'): Promise<void> {
    await this.#objects.flush(reason)
    await this.#copier.flush()
  }

  onObjects(objects: readonly DeliveredObject[]): void {
    this.#copier.add(objects)
  }

  /** Resolves when all objects are in the table, or were given up. */
  settled(): Promise<void> {
    return this.#copier.flush()
  }

  restore(opened: OpenedObject, records: readonly StreamRecord[]): Promise<void> {
    return this.#objects.restore(opened, records)
  }

  async abort(): Promise<void> {
    this.#copier.abort()
    await this.#objects.abort()
  }
}
