/** What every way to decode JSON answers, whatever reads the record: the answers are written here, and none is asked of another. */
import { describe, expect, it } from 'vitest'
import { JsonDecoder } from '../../core/codecs/json/json-decoder.ts'
import type { ScannerKind } from '../../core/codecs/json/scan/scan-path.ts'
import type { Value } from '../../core/rows.ts'
import { type ColumnText, decode, jsonDecoder } from './codec-support.ts'

const WAYS: readonly ScannerKind[] = ['wasm', 'javascript', 'none']
const COLUMNS: readonly ColumnText[] = [
  ['n', 'BIGINT'],
  ['x', 'DOUBLE'],
  ['s', 'VARCHAR(20)'],
  ['ok', 'BOOLEAN'],
]
const PLAIN = '{"n":7,"x":0.5,"s":"plain","ok":true}'
const PLAIN_ROW: readonly Value[] = [7n, 0.5, 'plain', 1]
const NOTHING: readonly Value[] = [null, null, null, null]
const MIB = 1_048_576

/** A record beside PLAIN in all but one value. */
const with_ = (name: 'n' | 'x' | 's' | 'ok', value: string) =>
  `{"n":${name === 'n' ? value : 7},"x":${name === 'x' ? value : 0.5},"s":${name === 's' ? value : '"plain"'},"ok":${name === 'ok' ? value : true}}`
const rowWith = (column: number, value: Value) => PLAIN_ROW.with(column, value)
/** A record with a text that is bytes. */
const bytes = (hex: string) =>
  Buffer.concat([Buffer.from('{"n":7,"x":0.5,"s":"'), Buffer.from(hex, 'hex'), Buffer.from('","ok":true}')])
const nested = (levels: number) =>
  `{"n":7,"x":0.5,"s":"plain","ok":true,"z":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`

/** By name: a record, and its row or the name of its error. */
const CASES: readonly (readonly [string, string | Uint8Array, readonly Value[] | 'PARSE_ERROR' | 'COERCION_ERROR'])[] =
  [
    ['NULL in every column', '{"n":null,"x":null,"s":null,"ok":null}', NOTHING],
    ['every member missing', '{}', NOTHING],
    ['one member missing', '{"n":7,"s":"plain","ok":true}', rowWith(1, null)],
    ['another order', '{"ok":true,"s":"plain","x":0.5,"n":7}', PLAIN_ROW],
    ['blanks', ' { "n" : 7 , "x" : 0.5 ,\t"s" : "plain" , "ok" : true }\r\n', PLAIN_ROW],
    ['a text for a number', with_('n', '"many"'), 'COERCION_ERROR'],
    ['an object for a number', with_('x', '{"a":1}'), 'COERCION_ERROR'],
    ['an array for a number', with_('n', '[1]'), 'COERCION_ERROR'],
    ['a fraction for a BIGINT', with_('n', '1.5'), 'COERCION_ERROR'],
    ['a number for a text', with_('s', '12.50'), rowWith(2, '12.50')],
    ['a boolean for a text', with_('s', 'false'), rowWith(2, 'false')],
    ['short escapes', with_('s', '"\\"\\\\\\/\\b\\f\\n\\r\\t"'), rowWith(2, '"\\/\b\f\n\r\t')],
    ['an escape of no letter', with_('s', '"\\x41"'), 'PARSE_ERROR'],
    ['escapes by number', with_('s', '"\\u0041\\u00e9\\u65e5"'), rowWith(2, 'Aé日')],
    ['an escaped NUL', with_('s', '"a\\u0000b"'), rowWith(2, 'a\u0000b')],
    ['a raw control character', with_('s', '"a\u0001b"'), 'PARSE_ERROR'],
    ['an escaped pair', with_('s', '"\\ud83d\\ude00"'), rowWith(2, '😀')],
    ['a high surrogate alone', with_('s', '"\\ud83d"'), 'COERCION_ERROR'],
    ['a low surrogate alone', with_('s', '"\\ude00"'), 'COERCION_ERROR'],
    ['a pair the wrong way round', with_('s', '"\\ude00\\ud83d"'), 'COERCION_ERROR'],
    ['UTF-8 of two, three and four bytes', with_('s', '"é日😀"'), rowWith(2, 'é日😀')],
    ['a byte that begins nothing', bytes('80'), 'PARSE_ERROR'],
    ['an overlong form', bytes('c0af'), 'PARSE_ERROR'],
    ['a surrogate as bytes', bytes('eda080'), 'PARSE_ERROR'],
    ['a character that is cut short', bytes('e697'), 'PARSE_ERROR'],
    ['beyond the last code point', bytes('f4908080'), 'PARSE_ERROR'],
    ['a text that is cut at its length', with_('s', `"${'é'.repeat(30)}"`), rowWith(2, 'é'.repeat(20))],
    ['2^53', with_('n', '9007199254740992'), rowWith(0, 9_007_199_254_740_992n)],
    ['2^53 + 1', with_('n', '9007199254740993'), rowWith(0, 9_007_199_254_740_993n)],
    ['-(2^53 + 1)', with_('n', '-9007199254740993'), rowWith(0, -9_007_199_254_740_993n)],
    ['2^63 - 1', with_('n', '9223372036854775807'), rowWith(0, 9_223_372_036_854_775_807n)],
    ['-2^63', with_('n', '-9223372036854775808'), rowWith(0, -9_223_372_036_854_775_808n)],
    ['2^63', with_('n', '9223372036854775808'), 'COERCION_ERROR'],
    ['2^53 + 1 as DOUBLE', with_('x', '9007199254740993'), rowWith(1, 9_007_199_254_740_992)],
    ['seventeen digits', with_('x', '0.10000000000000001'), rowWith(1, 0.1)],
    ['an exponent', with_('x', '1.5e3'), rowWith(1, 1500)],
    ['an exponent with a sign', with_('x', '25E-1'), rowWith(1, 2.5)],
    ['a whole number with an exponent', with_('n', '12e2'), rowWith(0, 1200n)],
    ['the least double', with_('x', '5e-324'), rowWith(1, 5e-324)],
    ['beyond a double', with_('x', '1e999'), 'COERCION_ERROR'],
    ['minus zero', with_('x', '-0'), rowWith(1, -0)],
    ['a leading zero', with_('n', '07'), 'PARSE_ERROR'],
    ['a plus sign', with_('n', '+7'), 'PARSE_ERROR'],
    ['the last of equal names', '{"n":1,"x":0.5,"s":"plain","ok":true,"n":7}', PLAIN_ROW],
    ['the last of equal names, NULL', '{"n":7,"x":0.5,"s":"plain","ok":true,"x":null}', rowWith(1, null)],
    ['__proto__ among the members', '{"n":7,"__proto__":{"x":9},"s":"plain","ok":true}', rowWith(1, null)],
    ['constructor among the members', '{"n":7,"x":0.5,"s":"plain","ok":true,"constructor":1}', PLAIN_ROW],
    ['a name with an escape', '{"\\u006e":7,"x":0.5,"s":"plain","ok":true}', PLAIN_ROW],
    ['no byte at all', '', 'PARSE_ERROR'],
    ['blanks alone', ' \n ', 'PARSE_ERROR'],
    ['a record that ends early', PLAIN.slice(0, -1), 'PARSE_ERROR'],
    ['a scalar', '7', 'PARSE_ERROR'],
    ['an array', '[]', 'PARSE_ERROR'],
    [
      '10 MiB in a member that no column asks for',
      `{"n":7,"x":0.5,"s":"plain","ok":true,"pad":"${'p'.repeat(10 * MIB)}"}`,
      PLAIN_ROW,
    ],
    ['10 MiB in a text', with_('s', `"${'q'.repeat(10 * MIB)}"`), rowWith(2, 'q'.repeat(20))],
    ['64 levels', nested(64), PLAIN_ROW],
    ['65 levels', nested(65), 'PARSE_ERROR'],
    ['100,000 levels', nested(100_000), 'PARSE_ERROR'],
  ]

describe.each(WAYS)('the decoder of JSON, scanner %s', scanner => {
  describe.each([
    ['with dictionaries', []],
    ['with texts that are only passed on', ['s']],
  ])('%s', (_title, passedColumns) => {
    it.each(CASES)('%s', (_name, record, expected) => {
      const decoder = jsonDecoder(COLUMNS, '$', { scanner, passedColumns })
      decode(
        decoder,
        Array.from({ length: 32 }, () => PLAIN),
      )
      // Where a scanner is asked for, it is at work, and has taken what is plain.
      if (!(decoder instanceof JsonDecoder)) throw new Error('not a decoder of JSON')
      expect([decoder.scannerKind, decoder.scanCounts?.kept]).toEqual([scanner, scanner === 'none' ? undefined : 32])
      const { rows, errors } = decode(decoder, [PLAIN, record, PLAIN])
      if (typeof expected === 'string') {
        expect(rows).toEqual([PLAIN_ROW, PLAIN_ROW])
        expect(errors.map(({ name }) => name)).toEqual([expected])
      } else {
        expect(rows).toEqual([PLAIN_ROW, expected, PLAIN_ROW])
        expect(errors).toEqual([])
      }
    })

    it('all but the largest in one batch, in order', () => {
      const cases = CASES.filter(([, record]) => record.length < MIB)
      const decoder = jsonDecoder(COLUMNS, '$', { scanner, passedColumns })
      for (let round = 0; round < 2; round++) {
        const { rows, errors } = decode(
          decoder,
          cases.flatMap(([, record]) => [PLAIN, record]),
        )
        const kept = cases.flatMap(([, , row]) => (typeof row === 'string' ? [PLAIN_ROW] : [PLAIN_ROW, row]))
        expect(rows).toEqual(kept)
        expect(errors.map(({ name }) => name)).toEqual(
          cases.flatMap(([, , row]) => (typeof row === 'string' ? [row] : [])),
        )
      }
    })
  })
})
