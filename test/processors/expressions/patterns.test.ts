import { expect, test } from 'vitest'
import { parseRegex } from '../../../core/patterns/regex.ts'
import { call, literal, valueOf } from './builders.ts'

const text = (value: string) => literal(value, 'VARCHAR(4000)')
const int = (value: number) => literal(value, 'INTEGER')
const similar = (value: string, pattern: string, ...escape: string[]) =>
  valueOf(call('SIMILAR', [text(value), text(pattern), ...escape.map(text)], 'BOOLEAN'))

test('SIMILAR TO covers the whole text with SQL wildcards, counts, choices and classes', () => {
  expect(similar('abcde', 'a%e')).toBe(1)
  expect(similar('abcde', 'a%d')).toBe(0)
  expect(similar('ababab', '(ab){3}')).toBe(1)
  expect(similar('ababab', '(ab){4,5}')).toBe(0)
  expect(similar('cat', '(cat|dog)_*')).toBe(1)
  expect([similar('b', '[a-e^c]'), similar('c', '[a-e^c]'), similar('z', '[^a-e]'), similar('a', '[^a-e]')]).toEqual([
    1, 0, 1, 0,
  ])
  expect(similar('50%', '[0-9]+!%', '!')).toBe(1)
  expect(similar('😀', '_')).toBe(1)
  expect(() => similar('a', '(a')).toThrow(/3:14 pattern '\(a': a "\(" is not closed/)
})

test('SUBSTRING by patterns gives the first match, or the middle part', () => {
  const middle = (value: string, pattern: string) =>
    valueOf(call('SUBSTRING_SIMILAR', [text(value), text(pattern), text('#')], 'VARCHAR(20)'))
  expect(middle('key=val;', 'key=#"%#";')).toBe('val')
  expect(middle('a=b=c', '%=#"%#"')).toBe('b=c')
  expect(middle('nothing', 'key=#"%#";')).toBe(null)
  expect(valueOf(call('SUBSTRING_REGEX', [text('id 123-45'), text('\\d+-(\\d+)')], 'VARCHAR(20)'))).toBe('123-45')
  expect(valueOf(call('SUBSTRING_REGEX', [text('none'), text('\\d+')], 'VARCHAR(20)'))).toBe(null)
})

test('REGEX_REPLACE replaces all or the k-th from a place, with groups', () => {
  const replace = (value: string, regex: string, by: string, start: number, occurrence: number) =>
    valueOf(call('REGEX_REPLACE', [text(value), text(regex), text(by), int(start), int(occurrence)], 'VARCHAR(99)'))
  expect(replace('a1b2c3', '([a-z])(\\d)', '$2$1', 1, 0)).toBe('1a2b3c')
  expect(replace('a1b2c3', '\\d', '#', 1, 2)).toBe('a1b#c3')
  expect(replace('a1b2c3', '\\d', '#', 3, 0)).toBe('a1b#c#')
  expect(replace('abc', 'x*', '-', 1, 0)).toBe('-a-b-c-')
  expect(replace('abc', 'b', 'x', 9, 0)).toBe('abc')
  expect(replace('abc', 'b', 'x', 0, 0)).toMatch(/^INVALID_ARGUMENT/)
  expect(replace('abc', 'b', 'x', 1, -1)).toMatch(/^INVALID_ARGUMENT/)
})

test('back-references, look-around and too many states are refused', () => {
  expect(() => parseRegex('(a)\\1')).toThrow(/back-references/)
  expect(() => parseRegex('a(?=b)')).toThrow(/look-around/)
  expect(() => parseRegex('((a{1000}){1000}){1000}')).toThrow(/states/)
})

test('expressions find what the host finds, over random patterns and texts', () => {
  let state = 1
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
  // Repeated groups never match nothing: there, and only there, JavaScript has a rule of its own.
  const one = (): string => ['a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '[b-c1]'][next(8)]!
  const solid = (depth: number): string => {
    const branch = (): string => {
      const inner = depth > 0 && next(3) === 0 ? `(${solid(depth - 1)})` : one()
      return inner + ['', '+', '{2}', '{1,2}', '+?'][next(5)]!
    }
    return Array.from({ length: 1 + next(2) }, () => Array.from({ length: 1 + next(2) }, branch).join('')).join('|')
  }
  const sequence = (): string =>
    Array.from({ length: 1 + next(3) }, () => {
      if (next(6) === 0) return '\\b'
      const item = next(2) === 0 ? `(${solid(1)})` : next(3) === 0 ? `(?:${solid(1)})` : one()
      return item + ['', '', '*', '+', '?', '*?', '+?', '{2}', '{0,2}'][next(9)]!
    }).join('')
  const choice = (): string => Array.from({ length: 1 + next(2) }, sequence).join('|')
  for (let n = 0; n < 3_000; n++) {
    const pattern = choice()
    const value = Array.from({ length: next(8) }, () => 'aabbc1 '[next(7)]!).join('')
    const theirs = new RegExp(pattern).exec(value)
    const ours = parseRegex(pattern).find(value, 0)
    expect([pattern, value, ours?.[0], ours?.[1]]).toEqual([
      pattern,
      value,
      theirs?.index,
      theirs === null ? undefined : theirs.index + theirs[0].length,
    ])
  }
})

test('a hostile pattern over a long text takes time in proportion to both', () => {
  const pattern = parseRegex('(a*)*(a|a)*b')
  expect(pattern.find('a'.repeat(20_000), 0)).toBe(null)
})
