/** Sums of whole numbers by slot, exact at any size, and cheap while they are small. What was added can be taken away again. */
import { grown } from './slots.ts'

/** Beyond this magnitude a running sum moves into its bigint part; a step of any INTEGER keeps it exact below 2^53. */
const CARRY_AT = 2 ** 52

export class ExactTotals {
  #sums = new Float64Array(16)
  /** the part of each sum that outgrew a double */
  readonly #carries = new Map<number, bigint>()

  get ownedBytes(): number {
    return this.#carries.size * 64
  }

  reserve(slots: number): void {
    if (slots > this.#sums.length) this.#sums = grown(this.#sums, slots)
  }

  /** @param value whole, of the size of an INTEGER */
  addNumber(slot: number, value: number): void {
    const sum = this.#sums[slot]! + value
    this.#sums[slot] = sum
    if (sum > CARRY_AT || sum < -CARRY_AT) this.#carry(slot)
  }

  addBigint(slot: number, value: bigint): void {
    const small = Number(value)
    // Both are at most 2^52, so that their sum is exact.
    if (small <= CARRY_AT && small >= -CARRY_AT) this.addNumber(slot, small)
    else this.#carries.set(slot, (this.#carries.get(slot) ?? 0n) + value)
  }

  total(slot: number): bigint {
    return (this.#carries.get(slot) ?? 0n) + BigInt(this.#sums[slot]!)
  }

  /** Makes a slot 0. */
  reset(slot: number): void {
    this.#sums[slot] = 0
    if (this.#carries.size > 0) this.#carries.delete(slot)
  }

  /** Makes the first `slots` slots 0. */
  clear(slots: number): void {
    this.#sums.fill(0, 0, slots)
    this.#carries.clear()
  }

  #carry(slot: number): void {
    this.#carries.set(slot, (this.#carries.get(slot) ?? 0n) + BigInt(this.#sums[slot]!))
    this.#sums[slot] = 0
  }
}
