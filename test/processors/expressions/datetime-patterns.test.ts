import { expect, test } from 'vitest'
import { call, literal, valueOf } from './builders.ts'

const text = (value: string | null) => literal(value, 'VARCHAR(100)')
const parse = (pattern: string, value: string, kind = 'TIMESTAMP') =>
  valueOf(call(`CHAR_TO_${kind}`, [text(pattern), text(value)], kind))
const format = (pattern: string, ms: number | null) =>
  valueOf(call('TIMESTAMP_TO_CHAR', [text(pattern), literal(ms, 'TIMESTAMP')], 'VARCHAR(100)'))

test('a pattern matches the beginning of a text; absent fields are those of 1970-01-01', () => {
  expect(parse('yyyy-MM-dd HH:mm:ss', '2024-02-29 12:34:56.789 and more')).toBe(Date.UTC(2024, 1, 29, 12, 34, 56))
  expect(parse('HH:mm', '07:05')).toBe((7 * 60 + 5) * 60_000)
  expect(parse('yyyyMMddHHmmss', '20240229123456')).toBe(Date.UTC(2024, 1, 29, 12, 34, 56))
  expect(parse("d MMM yyyy 'at' h:mm a", '5 Jul 2021 at 12:30 PM')).toBe(Date.UTC(2021, 6, 5, 12, 30))
  expect(parse('hh', '12')).toBe(0)
  expect(parse('yyyy DDD', '2024 060')).toBe(Date.UTC(2024, 1, 29))
  expect(parse('dd/MMM/yyyy:HH:mm:ss Z', '10/Oct/2000:13:55:36 -0700')).toBe(Date.UTC(2000, 9, 10, 20, 55, 36))
  expect(parse("yyyy-MM-dd'T'HH:mm:ss.SSSX", '2024-02-29T12:00:00.250+01:00')).toBe(
    Date.UTC(2024, 1, 29, 11, 0, 0, 250),
  )
  expect(parse('yyyy-MM-dd', '2024-02-29', 'DATE')).toBe(Date.UTC(2024, 1, 29))
})

test('yy is windowed only for two digits, yyyy is literal', () => {
  // The program starts on 2024-02-29: the window begins on that day, 80 years before.
  expect(parse('MM/dd/yy', '03/02/44')).toBe(Date.UTC(1944, 2, 2))
  expect(parse('MM/dd/yy', '01/02/44')).toBe(Date.UTC(2044, 0, 2))
  expect(parse('MM/dd/yy', '01/02/43')).toBe(Date.UTC(2043, 0, 2))
  expect(parse('yyyy', '11')).toBe(Date.parse('0011-01-01T00:00:00Z'))
})

test('what does not match is a row error, and a pattern that means nothing is refused', () => {
  for (const [pattern, value] of [
    ['yyyy-MM-dd', '2023-02-29'],
    ['yyyy-MM-dd', '2023/02/28'],
    ['HH', '24'],
    ['MMM', 'Foo'],
    ['yyyy-MM-dd', ''],
  ])
    expect(parse(pattern!, value!)).toMatch(/^CAST_ERROR: 3:14 '.*' is no TIMESTAMP by the pattern/)
  expect(() => parse('yyyy-bb', '2024')).toThrow(/3:14 pattern 'yyyy-bb': letter "b" means nothing/)
  expect(() => parse('YYYY', '2024')).toThrow(/cannot be read/)
})

test('times print by every letter', () => {
  const at = Date.UTC(2024, 1, 29, 0, 5, 6, 7)
  expect(format('yyyy yy M MM MMM MMMM d dd D E EEEE u a H HH k K h m s S SSS z Z X', at)).toBe(
    '2024 24 2 02 Feb February 29 29 60 Thu Thursday 4 AM 0 00 24 0 12 5 6 7 007 UTC +0000 Z',
  )
  expect(format("w W F YYYY 'o''clock' ''", at)).toBe("9 5 5 2024 o'clock '")
  expect(format('w YYYY', Date.UTC(2024, 11, 30))).toBe('1 2025')
  expect(format('yyyy', null)).toBe('null')
})
