import { expect, test } from 'vitest'
import { lex } from '../../../processors/sql/lex.ts'

function tokens(text: string): readonly string[] {
  return lex(text).map(({ kind, text: content }) => (kind === 'end' ? 'end' : `${kind} ${content}`))
}

function place(text: string, index: number): string {
  const span = lex(text)[index]?.span
  return `${span?.line}:${span?.column} ${text.slice(span?.start, span?.end)}`
}

test('plain names fold to upper case and quoted names keep theirs', () => {
  expect(tokens('price Price "Price" "a ""b"" c"')).toEqual([
    'word PRICE',
    'word PRICE',
    'quoted Price',
    'quoted a "b" c',
    'end',
  ])
})

test('both line comments and block comments stand where blanks may', () => {
  expect(tokens('-- one\na // two ; "\n/* three\n * lines */ b/**/c')).toEqual(['word A', 'word B', 'word C', 'end'])
})

test('numbers are told apart by point and exponent', () => {
  expect(tokens('12 12.50 .5 7. 1e3 2.5E-3 1e+2')).toEqual([
    'integer 12',
    'decimal 12.50',
    'decimal .5',
    'decimal 7.',
    'double 1e3',
    'double 2.5E-3',
    'double 1e+2',
    'end',
  ])
})

test('a path is three tokens, not a number', () => {
  expect(tokens('s.x s."x"')).toEqual(['word S', 'symbol .', 'word X', 'word S', 'symbol .', 'quoted x', 'end'])
})

test('strings double their quote and have no backslash escapes', () => {
  expect(tokens(`'it''s' 'a\\n' '' '--x'`)).toEqual(["string it's", 'string a\\n', 'string ', 'string --x', 'end'])
})

test('unicode and binary literals keep their source', () => {
  expect(tokens(`u&'\\0009' U&'!0041' X'3F67' x''`)).toEqual([
    'unicode \\0009',
    'unicode !0041',
    'binary 3F67',
    'binary ',
    'end',
  ])
})

test('u and x are names where no quote follows', () => {
  expect(tokens('u x u & 1'.replace('& ', ''))).toEqual(['word U', 'word X', 'word U', 'integer 1', 'end'])
})

test('two-character symbols are one token', () => {
  expect(tokens('<= >= <> != || < > =')).toEqual([
    'symbol <=',
    'symbol >=',
    'symbol <>',
    'symbol !=',
    'symbol ||',
    'symbol <',
    'symbol >',
    'symbol =',
    'end',
  ])
})

test('spans have offset, line and column, through strings and comments of several lines', () => {
  const text = "a\n  'x\ny' /* \n */ b\r\n\tc"
  expect(place(text, 0)).toBe('1:1 a')
  expect(place(text, 1)).toBe("2:3 'x\ny'")
  expect(place(text, 2)).toBe('4:5 b')
  expect(place(text, 3)).toBe('5:2 c')
})

test('a byte order mark and no-break spaces are blanks', () => {
  expect(tokens('\ufeffa\u00a0b')).toEqual(['word A', 'word B', 'end'])
})

test.each([
  ["a 'x", "1:3 string has no closing '"],
  ['a\n"x', '2:1 quoted name has no closing "'],
  ['a /* x', '1:3 comment has no closing */'],
  ["x'3F", "1:1 binary literal has no closing '"],
  ["u&'3F", "1:1 string has no closing '"],
  ['""', '1:1 quoted name is empty'],
  ['"a\tb"', '1:1 quoted name holds a control character'],
  ['12ab', '1:1 number 12 runs into "a"'],
  ['5 % 2', '1:3 unexpected character %; write MOD(a, b) for the remainder'],
  ['`a`', '1:1 unexpected character `; write names in double quotes'],
  ['\u201ca\u201d', '1:1 unexpected character \u201c; write " in place of the curly quote'],
  ['\u0000', '1:1 unexpected character U+0000'],
  ['a @ b', '1:3 unexpected character @'],
  [`"${'n'.repeat(129)}"`, '1:1 name has 129 characters, 128 are allowed'],
  ['n'.repeat(129), '1:1 name has 129 characters, 128 are allowed'],
])('%j is refused with its place', (text, message) => {
  expect(() => lex(text)).toThrow(message)
})
