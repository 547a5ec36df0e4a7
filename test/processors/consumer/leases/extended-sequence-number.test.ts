import { describe, expect, it } from 'vitest'
import {
  AT_TIMESTAMP,
  compareExtended,
  extendedSequenceNumber,
  formatExtended,
  LATEST,
  parseExtended,
  SHARD_END,
  TRIM_HORIZON,
} from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { seededRandom } from '../../../support/seeded-random.ts'

const LONG = '49590338271490256608559692538361571095921575989136588898'

describe('the order of positions', () => {
  const ascending = [
    AT_TIMESTAMP,
    TRIM_HORIZON,
    LATEST,
    extendedSequenceNumber('0'),
    extendedSequenceNumber('7'),
    extendedSequenceNumber('7', 1),
    extendedSequenceNumber('7', 12),
    extendedSequenceNumber('10'),
    extendedSequenceNumber(LONG),
    extendedSequenceNumber(LONG, 3),
    extendedSequenceNumber(`${LONG.slice(0, -1)}9`),
    SHARD_END,
  ]

  it('puts AT_TIMESTAMP, TRIM_HORIZON, LATEST before numbers, numbers by value, SHARD_END last', () => {
    const random = seededRandom(5)
    for (let round = 0; round < 50; round++) expect(random.shuffled(ascending).sort(compareExtended)).toEqual(ascending)
  })

  it('compares numbers by value, leading zeros or not', () => {
    const zeros = extendedSequenceNumber(`000${LONG}`)
    expect(compareExtended(zeros, extendedSequenceNumber(LONG))).toBe(0)
    expect(compareExtended(zeros, extendedSequenceNumber('9'))).toBeGreaterThan(0)
    expect(compareExtended(extendedSequenceNumber('007'), extendedSequenceNumber('10'))).toBeLessThan(0)
  })

  it('agrees with BigInt on random numbers', () => {
    const random = seededRandom(6)
    const number = (): string =>
      BigInt(`0x${Buffer.from(random.bytes(1 + random.below(24))).toString('hex')}`).toString()
    for (let round = 0; round < 2_000; round++) {
      const [a, b] = [number(), number()]
      const expected = BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0
      expect(Math.sign(compareExtended(extendedSequenceNumber(a), extendedSequenceNumber(b)))).toBe(expected)
    }
  })
})

describe('the text of a position', () => {
  it.each([
    AT_TIMESTAMP,
    TRIM_HORIZON,
    SHARD_END,
    extendedSequenceNumber(LONG),
    extendedSequenceNumber(LONG, 41),
  ])('is read back: %o', position => expect(parseExtended(formatExtended(position))).toEqual(position))

  it.each(['', 'latest', '-1', '1.5', '12:', '12:-1', '12:1:2', 'SHARD_END ', '0x10'])('refuses %j', text =>
    expect(() => parseExtended(text)).toThrow(/is no (position|sequence number)/))

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses subsequence number %d', number =>
    expect(() => extendedSequenceNumber('1', number)).toThrow(/whole number from 0 to 9007199254740991/))
})
