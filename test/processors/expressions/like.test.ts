/** LIKE within its limits: patterns of 4,096 units, texts of 1,048,576, work in proportion to the text. */
import { expect, test } from 'vitest'
import { PATTERN_LENGTH_MAX, PATTERN_TEXT_MAX } from '../../../core/patterns/pattern-error.ts'
import { matchesLike, parseLike } from '../../../processors/expressions/like.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { batchOf, call, column, literal, schemaOf, valuesOf } from './builders.ts'

function pattern(text: string): Exclude<ReturnType<typeof parseLike>, string> {
  const parsed = parseLike(text, null)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

test('long pieces with and without _ are found where the same expression finds them', () => {
  const random = seededRandom(11)
  const draw = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[random.below(alphabet.length)]!).join('')
  let matches = 0
  for (let n = 0; n < 3_000; n++) {
    const text = draw(random.below(2) === 0 ? 'a' : 'aaab', 30 + random.below(150))
    const from = random.below(text.length)
    // Mostly a part of the text, with some characters replaced, so that about half of the patterns fit.
    const part = Array.from(text.slice(from, from + 1 + random.below(100)), one => (random.below(6) === 0 ? '_' : one))
    if (random.below(2) === 0) part[random.below(part.length)] = 'b'
    const like = `%${part.join('')}%${random.below(2) === 0 ? '_a%' : ''}`
    const expected = new RegExp(`^${like.replaceAll('%', '.*').replaceAll('_', '.')}$`).test(text)
    if (expected) matches++
    expect([like, text, matchesLike(pattern(like), text)]).toEqual([like, text, expected])
  }
  expect(matches).toBeGreaterThan(500)
  expect(matches).toBeLessThan(2_800)
})

test('a piece of the greatest length with _ is sought in a long text of near misses', () => {
  // A walk over the piece at each place would take more than a thousand million steps.
  const like = pattern(`%${'a'.repeat(2_000)}_${'a'.repeat(2_000)}b%`)
  expect(matchesLike(like, 'a'.repeat(300_000))).toBe(false)
  expect(matchesLike(like, `${'a'.repeat(300_000)}b`)).toBe(true)
})

test('a constant pattern beyond the limit is refused when the program is prepared', () => {
  const S = schemaOf({ s: 'VARCHAR(10)' })
  const like = (text: string) => call('LIKE', [column(S, 's'), literal(text, 'VARCHAR(65534)')], 'BOOLEAN')
  const batch = batchOf(S, [['a']])
  expect(valuesOf(like(`${'_'.repeat(PATTERN_LENGTH_MAX - 1)}%`), batch)).toEqual([0])
  expect(() => valuesOf(like('_'.repeat(PATTERN_LENGTH_MAX + 1)), batch)).toThrow(
    /3:14 LIKE '_+\.\.\.': it is longer than 4096/,
  )
})

test('a text beyond the limit fails its row', () => {
  const S = schemaOf({ s: 'VARCHAR(10)' })
  const batch = batchOf(S, [['a'.repeat(PATTERN_TEXT_MAX)], ['a'.repeat(PATTERN_TEXT_MAX + 1)]])
  expect(valuesOf(call('LIKE', [column(S, 's'), literal('%a', 'VARCHAR(2)')], 'BOOLEAN'), batch)).toEqual([
    1,
    'INVALID_ARGUMENT: 3:14 LIKE reads at most 1048576 characters',
  ])
})
