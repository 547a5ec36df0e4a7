import { expect, test } from 'vitest'
import type { Pattern } from '../../../core/patterns/pattern.ts'
import { PatternTooCostly } from '../../../core/patterns/pattern-error.ts'
import { parseRegex } from '../../../core/patterns/regex.ts'
import { parseSimilar } from '../../../core/patterns/similar.ts'
import { prepareLogParser } from '../../../processors/patterns/log/log-functions.ts'

/** Steps for a text of a size, and for one of twice the size: linear work doubles. */
function growth(pattern: Pattern, run: (text: string) => unknown, text: (size: number) => string): number {
  const cost = (size: number): number => {
    const before = pattern.steps
    run(text(size))
    return pattern.steps - before
  }
  cost(100)
  const once = cost(4_000)
  return cost(8_000) / Math.max(1, once)
}

const ATTACKS: readonly string[] = [
  '(a+)+$',
  '(a*)*b',
  '(a|a)*b',
  '(a|aa)+$',
  '(.*a){12}b',
  '((a*)*)*b',
  '((((a?)*)*)*)*b',
  '(?:a?){50}a{50}b',
  '(a*)*(a*)*(a*)*c',
  '([a-z]+)*[0-9]',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
]

test('the work of hostile expressions grows in proportion to the text', () => {
  for (const text of ATTACKS) {
    const pattern = parseRegex(text)
    for (const run of [
      (input: string) => pattern.find(input, 0),
      (input: string) => pattern.matchWhole(input),
      (input: string) => pattern.occurs(input),
      (input: string) => pattern.matches(input),
    ])
      expect([text, growth(pattern, run, size => `${'a'.repeat(size)}!`) < 2.1]).toEqual([text, true])
  }
})

test('SIMILAR TO with many wildcards grows in proportion to the text', () => {
  const pattern = parseSimilar(`${'%a'.repeat(100)}b`, null)
  expect(
    growth(
      pattern,
      text => pattern.matches(text),
      size => 'a'.repeat(size),
    ),
  ).toBeLessThan(2.1)
})

test('patterns beyond the limits are refused with their place', () => {
  expect(() => parseRegex('a'.repeat(5_000))).toThrow(/longer than 4096/)
  expect(() => parseSimilar('%'.repeat(100_000), null)).toThrow(/longer than 4096/)
  expect(() => parseRegex('((a{1000}){1000}){1000}')).toThrow(/10000 states/)
  expect(() => parseRegex('('.repeat(2_000))).toThrow(/nested more than 100 deep, at character/)
  expect(() => parseRegex('['.repeat(2_000))).toThrow(/nested more than 100 deep/)
  expect(() => parseRegex('(a)'.repeat(300))).toThrow(/more than 200 groups/)
  expect(() => parseRegex(`${'(?:'.repeat(30)}a*${')*'.repeat(30)}`)).toThrow(/levels deep/)
  for (const [text, message, offset] of [
    ['(a)\\1', /back-references/, 3],
    ['(?<n>a)\\k<n>', /back-references/, 7],
    ['ab(?=c)', /look-around/, 2],
    ['ab(?<!c)', /look-around/, 2],
    ['(?>a)', /look-around and atomic/, 0],
    ['aa*+', /possessive/, 3],
    ['a\\', /backslash/, 1],
    ['\\p{Nonsense}', /POSIX/, 0],
    ['a{2,1}', /must rise/, 1],
    ['a{x}', /a count is/, 1],
    ['[z-a]', /must rise/, 1],
    ['*a', /repeats nothing/, 0],
    ['(?d)a', /not supported/, 0],
    ['\\Ga', /not supported/, 0],
  ] as const) {
    let found: unknown
    try {
      parseRegex(text)
    } catch (error) {
      found = error
    }
    expect(found).toMatchObject({ name: 'PatternError', offset })
    expect(String(found)).toMatch(message)
  }
})

test('a large pattern over a large text stops at its allowance', () => {
  const pattern = parseRegex('(?:[a-e]?){900}x')
  pattern.allow(1_000_000)
  expect(() => pattern.find('abcde'.repeat(100_000), 0)).toThrow(PatternTooCostly)
})

test('the automaton reads a million characters in a handful of steps', () => {
  const pattern = parseRegex('(a+)+$')
  expect(pattern.occurs(`${'a'.repeat(1_000_000)}!`)).toBe(false)
  expect(pattern.steps).toBeLessThan(1_000)
})

test('FAST_REGEX_LOG_PARSE and REGEX_LOG_PARSE answer hostile patterns', () => {
  expect(prepareLogParser('REGEX_LOG_PARSE', ['(a+)+b'], 0).parse('a'.repeat(100_000))).toBe(null)
  expect(prepareLogParser('FAST_REGEX_LOG_PARSE', ['((a+)+)b'], 0).parse('a'.repeat(100_000))).toBe(null)
})
