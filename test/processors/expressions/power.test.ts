import { expect, test } from 'vitest'
import { powerOf } from '../../../processors/expressions/power.ts'
import { seededRandom } from '../../support/seeded-random.ts'

test('powers of ten are the doubles that their texts are read as', () => {
  for (let exponent = -270; exponent <= 280; exponent++) expect(powerOf(10, exponent)).toBe(Number(`1e${exponent}`))
})

test('powers of small whole numbers and of halves are exact where a double holds them', () => {
  for (let base = -40; base <= 40; base++)
    for (let exponent = 0; exponent <= 12; exponent++) {
      const exact = BigInt(base) ** BigInt(exponent)
      if (exact <= 2n ** 53n && exact >= -(2n ** 53n)) expect(powerOf(base, exponent)).toBe(Number(exact))
    }
  for (let exponent = -900; exponent <= 900; exponent++) expect(powerOf(2, exponent)).toBe(2 ** exponent)
})

/** The nearest double of a fraction of whole numbers, by way of so many digits that one half is one half. */
function nearest(numerator: bigint, denominator: bigint): number {
  const negative = numerator < 0n !== denominator < 0n
  const [n, d] = [numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator]
  const digits = d.toString().length - n.toString().length + 160
  const scaled = digits >= 0 ? (n * 10n ** BigInt(digits)) / d : n / (d * 10n ** BigInt(-digits))
  return Number(`${negative ? '-' : ''}${scaled}e${-digits}`)
}

test('random powers of decimal fractions are the nearest doubles', () => {
  const random = seededRandom(9)
  for (let round = 0; round < 3_000; round++) {
    // a sixteenth is a double exactly, so the base is what it says
    const sixteenths = 1 + random.below(4_000)
    const exponent = random.below(61) - 30
    const [top, bottom] = [BigInt(sixteenths) ** BigInt(Math.abs(exponent)), 16n ** BigInt(Math.abs(exponent))]
    const expected = exponent < 0 ? nearest(bottom, top) : nearest(top, bottom)
    expect(powerOf(sixteenths / 16, exponent), `${sixteenths}/16 to the power of ${exponent}`).toBe(expected)
  }
})

test('what is too large, too small or no whole exponent is what the engine says', () => {
  expect(powerOf(10, 400)).toBe(Number.POSITIVE_INFINITY)
  expect(powerOf(10, -400)).toBe(0)
  expect(powerOf(0, 3)).toBe(0)
  expect(powerOf(9, 0.5)).toBe(3)
  expect(powerOf(2, 1.5)).toBeCloseTo(2.828_427_124_746_19, 14)
})
