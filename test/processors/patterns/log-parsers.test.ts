import { expect, test } from 'vitest'
import { type LogArgument, prepareLogParser } from '../../../processors/patterns/log/log-functions.ts'

const START = Date.UTC(2024, 1, 10)

function parsed(name: string, args: readonly LogArgument[], text: string): readonly (string | null)[] | null {
  return prepareLogParser(name, args, START).parse(text)
}

test('REGEX_LOG_PARSE gives its groups for a text that it covers, and nothing for another', () => {
  expect(parsed('REGEX_LOG_PARSE', ['a(.)c(.*)'], 'abcde')).toEqual(['b', 'de'])
  expect(parsed('REGEX_LOG_PARSE', ['(\\d+) (.*)'], '12 monkeys and more')).toEqual(['12', 'monkeys and more'])
  expect(parsed('REGEX_LOG_PARSE', ['b(.)'], 'abcde')).toBe(null)
  expect(parsed('REGEX_LOG_PARSE', ['(?:(x)|(y))'], 'y')).toEqual([null, 'y'])
  const { columns } = prepareLogParser('REGEX_LOG_PARSE', ['(.)(.)', 'first INTEGER, "Second" VARCHAR(3)'], START)
  expect(columns.map(({ name, type }) => [name, type.kind])).toEqual([
    ['FIRST', 'INTEGER'],
    ['Second', 'VARCHAR'],
  ])
  expect(() => parsed('REGEX_LOG_PARSE', ['abc'], '')).toThrow(/no group/)
  expect(() => parsed('REGEX_LOG_PARSE', ['(a)(b', 'a, b'], '')).toThrow(/not closed, at character 4/)
  expect(() => parsed('REGEX_LOG_PARSE', ['(a)', 'a, b'], '')).toThrow(/1 groups for 2 columns/)
})

test('FAST_REGEX_LOG_PARSE takes the shortest text for each piece and has to use all of the text', () => {
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(.*)_(.*)'], 'x_y_z')).toEqual(['x', 'y_z'])
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(.*)_(.*)_(.*)'], 'x_y_z_w')).toEqual(['x', 'y', 'z_w'])
  expect(parsed('FAST_REGEX_LOG_PARSE', ['"id="([0-9]+)(.*)'], 'id=12345')).toEqual(['1', '2345'])
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(.*)_..(.*)c'], 'xx_abbbbc')).toEqual(['xx', 'bbb'])
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(..)-(...)'], '😀b-cde')).toEqual(['😀b', 'cde'])
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(a|bb)@'], 'bb and so on')).toEqual(['bb'])
  expect(parsed('FAST_REGEX_LOG_PARSE', ['([a-c]*)[0-9]'], 'abc')).toBe(null)
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(ab)_(cd)'], 'ab_cdx')).toBe(null)
  // The examples of the AWS SQL reference. The second is printed there without the underscores, but its text says that the plus
  // adds nothing, and so does the rule.
  const mary = 'Mary_had_a_little_lamb'
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(.*)_+(._.*)'], mary)).toBe(null)
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(.*)_+(.*)'], 'Mary____had_a_little_lamb')).toEqual([
    'Mary',
    '___had_a_little_lamb',
  ])
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(.*)_+(<Alpha>.*)'], 'Mary____had_a_little_lamb')).toEqual([
    'Mary',
    'had_a_little_lamb',
  ])
  const sets = '(<Upper><Lower>*)<Punct>(<Digit>+)<Blank>(<XDigit>*)'
  expect(parsed('FAST_REGEX_LOG_PARSE', [sets], 'Ab-12\tfF0')).toEqual(['Ab', '12', 'fF0'])
  expect(parsed('FAST_REGEX_LOG_PARSE', [sets], 'Ab-12\tfG0')).toBe(null)
  expect(parsed('FAST_REGEX_LOG_PARSE', ['(a#)'], 'a')).toBe(null)
  expect(() => parsed('FAST_REGEX_LOG_PARSE', ['(<Letter>)'], '')).toThrow(/there is no set <Letter>; there are Digit,/)
  expect(() => parsed('FAST_REGEX_LOG_PARSE', ['(a)~b'], '')).toThrow(/"~" is not supported, at character 4/)
})

test('W3C_LOG_PARSE knows the formats by name and reads those of Apache', () => {
  const common = '1.2.3.4 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326'
  const fields = ['1.2.3.4', '-', 'frank', '[10/Oct/2000:13:55:36 -0700]', 'GET /a.gif HTTP/1.0', '200', '2326']
  expect(parsed('W3C_LOG_PARSE', ['COMMON'], common)).toEqual(fields)
  expect(parsed('W3C_LOG_PARSE', ['common'], `${common}\r\n`)).toEqual(fields)
  expect(parsed('W3C_LOG_PARSE', ['COMMON WITH VHOST'], `www.x.org ${common}`)).toEqual(['www.x.org', ...fields])
  expect(parsed('W3C_LOG_PARSE', ['NCSA EXTENDED'], `${common} "http://a/\\"b" "Agent "in" quotes"`)).toEqual([
    ...fields,
    'http://a/\\"b',
    'Agent "in" quotes',
  ])
  expect(parsed('W3C_LOG_PARSE', ['REFERER'], 'http://a/b ---> /c')).toEqual(['http://a/b', '/c'])
  expect(parsed('W3C_LOG_PARSE', ['AGENT'], 'Mozilla/5.0 (X11)')).toEqual(['Mozilla/5.0 (X11)'])
  expect(parsed('W3C_LOG_PARSE', ['%h %{X-Id}i %>s %D%%'], 'host id-1 301 12%')).toEqual(['host', 'id-1', '301', '12'])
  const iis = '1.2.3.4, -, 5/20/98, 7:55:20, W3SVC2, SALES1, 9.8.7.6, 45, 162, 325, 200, 0, GET, /a.gif, -,'
  expect(parsed('W3C_LOG_PARSE', ['IIS'], iis)?.[13]).toBe('/a.gif')
  expect(parsed('W3C_LOG_PARSE', ['COMMON'], 'nothing like it')).toBe(null)
  expect(parsed('W3C_LOG_PARSE', ['COMMON'], `${common} and more`)).not.toEqual(fields)
  expect(() => parsed('W3C_LOG_PARSE', ['plain'], '')).toThrow(/no specifier/)
  expect(() => parsed('W3C_LOG_PARSE', ['%h %1'], '')).toThrow(/"%1" is no specifier, at character 4/)
})

test('SYS_LOG_PARSE gives a time of the current year and the rest', () => {
  expect(parsed('SYS_LOG_PARSE', [], 'Feb  9 04:02:01 web1 sshd[7]: hello\n')).toEqual([
    '2024-02-09 04:02:01',
    'web1 sshd[7]: hello',
  ])
  expect(parsed('SYS_LOG_PARSE', [], 'Feb 30 04:02:01 web1 x')).toBe(null)
  expect(parsed('SYS_LOG_PARSE', [], 'Fea 10 04:02:01 web1 x')).toBe(null)
  expect(parsed('SYS_LOG_PARSE', [], 'Feb 10 24:02:01 web1 x')).toBe(null)
})

test('VARIABLE_COLUMN_LOG_PARSE cuts at delimiters outside quotes and behind no escape', () => {
  const cut = (text: string, ...args: LogArgument[]) => parsed('VARIABLE_COLUMN_LOG_PARSE', args, text)
  expect(cut('a,b,c', 3, ',')).toEqual(['a', 'b', 'c'])
  expect(cut('a,b', 3, ',')).toEqual(['a', 'b', null])
  expect(cut('a,,c,d', 3, ',')).toEqual(['a', '', 'c'])
  expect(cut('a\\,b,c', 2, ',', '\\')).toEqual(['a,b', 'c'])
  expect(cut('"a,b",c', 2, ',', '\\', '"')).toEqual(['a,b', 'c'])
  expect(cut('<a|<b>|c', 2, '|', '', '<>')).toEqual(['a|<b', 'c'])
  expect(cut('"a ""b""",c', 2, ',', '\\', '"')).toEqual(['a "b"', 'c'])
  expect(cut('"a,b', 2, ',', '\\', '"')).toEqual(['"a', 'b'])
  expect(cut('a--b', 'x TYPE VARCHAR(8), y TYPE INTEGER NOT NULL', '--')).toEqual(['a', 'b'])
  expect(() => cut('', 'x TYPE WORD', ',')).toThrow(/unknown type WORD.*at character 7/)
  expect(() => cut('', 'x TYPE', ',')).toThrow(/a type behind TYPE/)
  expect(() => cut('', 'x, x', ',')).toThrow(/X is listed twice/)
  expect(() => cut('', 0, ',')).toThrow(/from 1 to 1000/)
})

test('FIXED_COLUMN_LOG_PARSE takes code points at their places', () => {
  const list = "a TYPE VARCHAR(3) START 0 FOR 3, n TYPE INTEGER START 3 FOR 5, d TYPE DATE 'yyyyMMdd' START 8 FOR 8"
  expect(parsed('FIXED_COLUMN_LOG_PARSE', [list], 'ab    1220240229')).toEqual(['ab ', '12', '20240229'])
  expect(parsed('FIXED_COLUMN_LOG_PARSE', [list], '😀bc    7')).toEqual(['😀bc', '7', null])
  expect(() => parsed('FIXED_COLUMN_LOG_PARSE', ['a TYPE INTEGER'], '')).toThrow(/A needs START and FOR/)
})
