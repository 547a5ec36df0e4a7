/** Random numbers that a seed decides (sfc32). */
import type { Random } from '../../core/env.ts'

export interface SeededRandom extends Random {
  /** a whole number from 0, included, to `end`, excluded */
  readonly below: (end: number) => number
  /** one of the items, which are not none */
  readonly pick: <T>(items: readonly T[]) => T
  /** the items in another order */
  readonly shuffled: <T>(items: readonly T[]) => T[]
}

export function seededRandom(seed: number): SeededRandom {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162 ^ seed, Math.trunc(seed / 0x1_0000_0000) | 1]
  const word = (): number => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  // The first numbers of near seeds are alike.
  for (let i = 0; i < 15; i++) word()
  const next = (): number => ((word() >>> 5) * 0x400_0000 + (word() >>> 6)) / 0x20_0000_0000_0000
  const below = (end: number): number => Math.floor(next() * end)
  const bytes = (sizeBytes: number): Uint8Array => Uint8Array.from({ length: sizeBytes }, () => word() & 0xff)
  return {
    next,
    below,
    bytes,
    uuid() {
      const raw = bytes(16)
      raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40
      raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80
      const hex = Buffer.from(raw).toString('hex')
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
    },
    pick: items => items[below(items.length)] as (typeof items)[number],
    shuffled(items) {
      const order = [...items]
      for (let i = order.length - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[order[i], order[j]] = [order[j] as (typeof order)[number], order[i] as (typeof order)[number]]
      }
      return order
    },
  }
}
