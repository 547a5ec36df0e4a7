/**
 * Bounds what is inside the producer. Records are inside from admission until they settle; while there is no room they wait in
 * line, and the line is as short as the room is large, so that a caller who never waits cannot fill the memory either.
 */

export interface AdmissionLimits {
  readonly recordsMax: number
  readonly bytesMax: number
}

export interface Admissible {
  readonly sizeBytes: number
  /** settled before it was let in; the line passes over it */
  readonly settled: boolean
}

export class Admission<T extends Admissible> {
  readonly #limits: AdmissionLimits
  /** those before the head are out, and cleared: they may settle and be freed long before their places are */
  readonly #line: (T | undefined)[] = []
  #head = 0
  #records = 0
  #bytes = 0
  #waitingRecords = 0
  #waitingBytes = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get records(): number {
    return this.#records
  }
  get bytes(): number {
    return this.#bytes
  }
  get waitingRecords(): number {
    return this.#waitingRecords
  }
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** True when the next record, if it is small, enters without waiting. */
  get open(): boolean {
    return this.#waitingRecords === 0 && this.#records < this.#limits.recordsMax && this.#bytes < this.#limits.bytesMax
  }

  /** `in`: it counts from now on. `line`: `admit` will hand it out. `full`: there is no place in the line; nothing was kept. */
  enter(item: T): 'in' | 'line' | 'full' {
    if (this.#waitingRecords === 0 && this.#fits(item)) {
      this.#count(item)
      return 'in'
    }
    if (this.#waitingRecords >= this.#limits.recordsMax || this.#waitingBytes + item.sizeBytes > this.#limits.bytesMax)
      return 'full'
    this.#line.push(item)
    this.#waitingRecords++
    this.#waitingBytes += item.sizeBytes
    return 'line'
  }

  /** The next in line if there is room for it; it counts from now on. */
  admit(): T | undefined {
    for (;;) {
      const item = this.#line[this.#head]
      if (item === undefined) {
        this.#line.length = 0
        this.#head = 0
        return undefined
      }
      if (!item.settled) {
        if (!this.#fits(item)) return undefined
        this.#count(item)
        this.#waitingRecords--
        this.#waitingBytes -= item.sizeBytes
      }
      this.#advance()
      if (!item.settled) return item
    }
  }

  /** Admitted items have settled: their room is free. @param sizeBytes all together */
  leave(records: number, sizeBytes: number): void {
    this.#records -= records
    this.#bytes -= sizeBytes
  }

  /** An item has settled while it stood in line. */
  giveUp(item: T): void {
    this.#waitingRecords--
    this.#waitingBytes -= item.sizeBytes
  }

  #fits(item: T): boolean {
    return this.#records < this.#limits.recordsMax && this.#bytes + item.sizeBytes <= this.#limits.bytesMax
  }

  #count(item: T): void {
    this.#records++
    this.#bytes += item.sizeBytes
  }

  #advance(): void {
    this.#line[this.#head++] = undefined
    if (this.#head < 1_024 || this.#head * 2 < this.#line.length) return
    this.#line.splice(0, this.#head)
    this.#head = 0
  }
}
