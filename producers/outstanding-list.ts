/** All that have not settled, in the order of their puts, which is also the order in which they expire. */
import { MEBIBYTE } from '../core/index.ts'
import type { PendingRecord } from './pending.ts'

/** Settled ones between others are kept until they are more than those, and so many. */
const SETTLED_MIN = 1_024
/** And never more of them than this, since each still holds its data. */
const SETTLED_BYTES_MAX = 4 * MEBIBYTE

/** An array, since links in the records would be two fields more of each. */
export class OutstandingList {
  #records: (PendingRecord | undefined)[] = []
  /** those before are out */
  #head = 0
  #size = 0
  /** of settled ones that are kept, behind one that is not */
  #settledBytes = 0

  get size(): number {
    return this.#size
  }

  get first(): PendingRecord | null {
    return this.#records[this.#head] ?? null
  }

  add(record: PendingRecord): void {
    this.#records.push(record)
    this.#size++
  }

  /** One of them has settled. @param sizeBytes its size */
  settled(sizeBytes: number): void {
    this.#size--
    this.#settledBytes += sizeBytes
    for (let first = this.#records[this.#head]; first?.settled === true; first = this.#records[this.#head]) {
      this.#settledBytes -= first.sizeBytes
      this.#records[this.#head++] = undefined
    }
    if (this.#settledBytes > SETTLED_BYTES_MAX || this.#records.length > 2 * this.#size + SETTLED_MIN) this.#compact()
  }

  /** Those that have not settled, in order, also while some of them settle. */
  *[Symbol.iterator](): Generator<PendingRecord> {
    const records = this.#records
    for (let at = this.#head; at < records.length; at++) {
      const record = records[at]
      if (record !== undefined && !record.settled) yield record
    }
  }

  #compact(): void {
    this.#records = this.#records.filter(record => record?.settled === false)
    this.#head = 0
    this.#settledBytes = 0
  }
}
