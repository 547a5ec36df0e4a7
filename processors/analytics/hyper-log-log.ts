/**
 * HyperLogLog: about how many different hashes came, in 16 KB whatever their number (Flajolet, Fusy, Gandouet, Meunier
 * 2007), with the estimator of Ertl, New Cardinality Estimation Algorithms for HyperLogLog Sketches (2017), which needs
 * no corrections for small or great numbers. Standard error 1.04 / sqrt(16,384), 0.8 %.
 */
import type { Hash } from './hash.ts'

const INDEX_BITS = 14
const REGISTERS = 1 << INDEX_BITS
/** Bits of a hash that are not the index. */
const REST_BITS = 64 - INDEX_BITS

export class HyperLogLog {
  readonly #registers = new Uint8Array(REGISTERS)

  /** One number a register; to be written, or filled again. */
  get registers(): Uint8Array {
    return this.#registers
  }

  add([high, low]: Hash): void {
    const index = high >>> (32 - INDEX_BITS)
    const rest = (high << INDEX_BITS) >>> 0
    // Place of the first set bit behind the index, from 1.
    const rank = rest !== 0 ? Math.clz32(rest) + 1 : Math.min(Math.clz32(low) + 33 - INDEX_BITS, REST_BITS + 1)
    if (rank > this.#registers[index]!) this.#registers[index] = rank
  }

  /** As if everything that the other one got had come here. */
  merge(other: HyperLogLog): void {
    for (let i = 0; i < REGISTERS; i++)
      if (other.#registers[i]! > this.#registers[i]!) this.#registers[i] = other.#registers[i]!
  }

  clear(): void {
    this.#registers.fill(0)
  }

  estimate(): number {
    const counts = new Float64Array(REST_BITS + 2)
    for (const rank of this.#registers) counts[Math.min(rank, REST_BITS + 1)]!++
    let sum = REGISTERS * tau(1 - counts[REST_BITS + 1]! / REGISTERS)
    for (let rank = REST_BITS; rank >= 1; rank--) sum = (sum + counts[rank]!) / 2
    sum += REGISTERS * sigma(counts[0]! / REGISTERS)
    return Math.round(REGISTERS ** 2 / (2 * Math.LN2) / sum)
  }
}

/** Sum over the registers that are still empty, at most all: `x + sum of 2^(k-1) x^(2^k)`. */
function sigma(share: number): number {
  if (share === 1) return Infinity
  let power = share
  let weight = 1
  let sum = share
  for (let before = -1; before !== sum; weight *= 2) {
    power *= power
    before = sum
    sum += power * weight
  }
  return sum
}

/** Sum over the registers that are full: `(1 - x - sum of 2^-k (1 - x^(2^-k))^2) / 3`. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let root = share
  let weight = 1
  let sum = 1 - share
  for (let before = -1; before !== sum; ) {
    root = Math.sqrt(root)
    before = sum
    weight /= 2
    sum -= (1 - root) ** 2 * weight
  }
  return sum / 3
}
