import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { HASH_KEY_MAX, hasCode } from '../../core/index.ts'
import { evenHashRanges, hashKeyOf, parseHashKey } from '../../streams/index.ts'
import { ShardRouter } from '../../streams/local/shard-router.ts'
import { seededRandom } from '../support/memory-env.ts'

const md5 = (key: string) => BigInt(`0x${createHash('md5').update(key, 'utf8').digest('hex')}`)

describe('hash keys', () => {
  test('are the MD5 of the UTF-8 bytes as node:crypto has it, for keys of every length around the block size', () => {
    for (let length = 0; length <= 300; length++) {
      const ascii = 'k'.repeat(length)
      expect(hashKeyOf(ascii)).toBe(md5(ascii))
      const wide = '\u{1F600}é'.repeat(length)
      expect(hashKeyOf(wide)).toBe(md5(wide))
    }
  })

  test('are the MD5 of random texts, unpaired surrogates included', () => {
    const random = seededRandom(7)
    for (let i = 0; i < 2_000; i++) {
      const key = String.fromCharCode(...Array.from({ length: 1 + (i % 40) }, () => random.next() * 0x10000))
      expect(hashKeyOf(key)).toBe(md5(key))
    }
  })

  test('are read from decimal texts of 0 to 2^128-1 and nothing else', () => {
    for (const text of ['0', '1', '170141183460469231731687303715884105727', HASH_KEY_MAX.toString()])
      expect(parseHashKey(text)).toBe(BigInt(text))
    for (const text of [
      '',
      '-1',
      '00',
      '01',
      '1.0',
      '1e3',
      ' 1',
      '0x1',
      (HASH_KEY_MAX + 1n).toString(),
      '9'.repeat(40),
    ])
      expect(() => parseHashKey(text)).toThrow(expect.toSatisfy(error => hasCode(error, 'invalid_argument')))
  })
})

describe('even hash ranges', () => {
  test('are those of the service for 1, 2 and 3 shards', () => {
    expect(evenHashRanges(1)).toEqual([{ startingHashKey: 0n, endingHashKey: HASH_KEY_MAX }])
    expect(evenHashRanges(2).map(range => range.endingHashKey)).toEqual([
      170141183460469231731687303715884105727n,
      HASH_KEY_MAX,
    ])
    expect(evenHashRanges(3).map(range => range.startingHashKey)).toEqual([
      0n,
      113427455640312821154458202477256070485n,
      226854911280625642308916404954512140970n,
    ])
  })

  test('cover every hash key once, and the router finds the range of both its ends', () => {
    for (const count of [1, 2, 3, 5, 16, 100, 997]) {
      const ranges = evenHashRanges(count)
      expect(ranges[0]?.startingHashKey).toBe(0n)
      expect(ranges.at(-1)?.endingHashKey).toBe(HASH_KEY_MAX)
      const router = new ShardRouter(ranges.toReversed())
      ranges.forEach((range, i) => {
        if (i > 0) expect(range.startingHashKey).toBe((ranges[i - 1]?.endingHashKey ?? 0n) + 1n)
        expect(router.byHashKey(range.startingHashKey)).toBe(range)
        expect(router.byHashKey(range.endingHashKey)).toBe(range)
      })
      for (let i = 0; i < 500; i++) {
        const hash = md5(`key ${i}`)
        const range = ranges.find(
          ({ startingHashKey, endingHashKey }) => startingHashKey <= hash && hash <= endingHashKey,
        )
        expect(router.byPartitionKey(`key ${i}`)).toBe(range)
      }
    }
  })

  test('narrower than 2^96 are told apart by the router', () => {
    const [low] = evenHashRanges(2)
    const ranges = [0n, 1n, 5n, 1n << 95n, (1n << 96n) - 1n, low?.endingHashKey ?? 0n].map(
      (startingHashKey, i, all) => ({
        startingHashKey,
        endingHashKey: (all[i + 1] ?? HASH_KEY_MAX + 1n) - 1n,
      }),
    )
    const router = new ShardRouter(ranges)
    for (const range of ranges) {
      expect(router.byHashKey(range.startingHashKey)).toBe(range)
      expect(router.byHashKey(range.endingHashKey)).toBe(range)
    }
  })
})
