/** The numbers of the records that a stream took over, and of those that its transform dropped, since they were last asked for. */
import { mergedRanges, type NumberRange } from '../receipt.ts'

/** Numbers of a round begin here; no round has so many records. 4,194,304 rounds are safe integers. */
const NUMBERS_A_ROUND = 2 ** 31

export class TakenRecords {
  #from: number
  #next: number
  #dropped: NumberRange[] = []

  /** @param round whose numbers come first; 0 without rounds */
  constructor(round: number) {
    this.#from = round * NUMBERS_A_ROUND
    this.#next = this.#from
  }

  /** The number of the next record. */
  take(): number {
    return this.#next++
  }

  get any(): boolean {
    return this.#next > this.#from
  }

  dropped(numbers: Iterable<number>): void {
    for (const number of numbers) this.#dropped.push([number, number])
    // Ranges do not grow with the records.
    if (this.#dropped.length > 10_000) this.#dropped = [...mergedRanges(this.#dropped)]
  }

  /** What came since the last call. @param round the one that begins; null without rounds */
  end(round: number | null): { readonly taken: NumberRange | null; readonly dropped: readonly NumberRange[] } {
    const ended = {
      taken: this.any ? ([this.#from, this.#next - 1] as const) : null,
      dropped: mergedRanges(this.#dropped),
    }
    this.#dropped = []
    if (round !== null) this.#next = round * NUMBERS_A_ROUND
    this.#from = this.#next
    return ended
  }
}
