import { expect, test } from 'vitest'
import { DOUBLE_SCALE, ratioToDouble, scaledDouble } from '../../../processors/operators/sliding/exact-doubles.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const EDGES = [
  0,
  1,
  -1,
  0.1,
  -2.5,
  5e-324,
  2 ** -1_022,
  2 ** -1_022 - 5e-324,
  1.7976931348623157e308,
  1 / 3,
  2 ** 53 + 2,
]

test('a double survives its way through whole numbers', () => {
  const random = seededRandom(5)
  const next = (): number => random.next()
  const spread = Array.from({ length: 2_000 }, () => (next() - 0.5) * 2 ** Math.floor((next() - 0.5) * 2_000))
  for (const value of [...EDGES, ...spread]) {
    expect(ratioToDouble(scaledDouble(value), 1n, DOUBLE_SCALE)).toBe(value === 0 ? 0 : value)
  }
})

test('quotients are rounded to the nearest double, as division does', () => {
  const random = seededRandom(6)
  const next = (): number => random.next()
  for (let n = 0; n < 2_000; n++) {
    const a = Math.floor((next() - 0.5) * 2 ** 53)
    const b = Math.floor(next() * 2 ** 40) + 1
    expect(ratioToDouble(BigInt(a), BigInt(b), 0)).toBe(a / b + 0)
  }
})

test('a sum does not depend on order, and what cancels leaves what was there', () => {
  const values = [1e300, 0.1, -1e300, 0.2, 1e-300, -1e-300]
  const sum = values.reduce((total, value) => total + scaledDouble(value), 0n)
  expect(ratioToDouble(sum, 1n, DOUBLE_SCALE)).toBe(0.1 + 0.2)
  expect(ratioToDouble(sum - scaledDouble(0.2), 1n, DOUBLE_SCALE)).toBe(0.1)
})

test('what is too large is an infinity', () => {
  const large = scaledDouble(1.7976931348623157e308)
  expect(ratioToDouble(large + large, 1n, DOUBLE_SCALE)).toBe(Infinity)
  expect(ratioToDouble(-large - large, 1n, DOUBLE_SCALE)).toBe(-Infinity)
})
