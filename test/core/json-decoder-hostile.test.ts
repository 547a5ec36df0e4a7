import { afterEach, describe, expect, it } from 'vitest'
import { nestsTooDeep } from '../../core/codecs/json/documents.ts'
import { ExactReader, JsonProblem } from '../../core/codecs/json/exact-reader.ts'
import { DICTIONARY_ENTRIES_MAX } from '../../core/dictionary.ts'
import { batchOf, decode, jsonDecoder, valuesOf } from './codec-support.ts'

const prototypeBefore = JSON.stringify(Object.getOwnPropertyNames(Object.prototype).sort())
afterEach(() => {
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype).sort())).toBe(prototypeBefore)
})

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  'then',
  'length',
  'valueOf',
]

describe('hostile JSON', () => {
  it.each([
    ['truncated', '{"a":1'],
    ['NaN', '{"a":NaN}'],
    ['Infinity', '{"a":-Infinity}'],
    ['single quotes', "{'a':1}"],
    ['trailing comma', '{"a":1,}'],
    ['leading zero', '{"a":01}'],
    ['raw control character', '{"a":"\u0001"}'],
    ['comment', '{"a":1/**/}'],
    ['byte order mark', '\ufeff{"a":1}'],
    ['a million arrays', '['.repeat(1_000_000)],
    ['a million closed arrays', `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
    ['65 levels', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`],
    ['65 levels after many shallow ones', `{"x":[${'[],'.repeat(100)}1],"a":${'['.repeat(64)}${']'.repeat(64)}}`],
    ['nothing', ''],
    ['blanks', ' \n\t '],
    ['a NUL', '\u0000'],
    ['a scalar', '7'],
    ['a lone surrogate', '{"s":"\\ud800"}'],
    ['a lone surrogate among pairs', '{"s":"\\ud83d\\ude00\\ude00"}'],
    ['1e999', '{"a":1e999}'],
    ['2^63', '{"b":9223372036854775808}'],
  ])('gives one error row for %s and goes on', (_title, record) => {
    const decoder = jsonDecoder([
      ['a', 'DOUBLE'],
      ['b', 'BIGINT'],
      ['s', 'VARCHAR(20)'],
    ])
    const { rows, errors } = decode(decoder, [record, '{"a":5}'])
    expect(rows).toEqual([[5, null, null]])
    expect(errors).toHaveLength(1)
    expect(errors[0]?.message.length).toBeGreaterThan(10)
    expect(errors[0]?.message.length).toBeLessThan(400)
  })

  it('accepts 64 levels', () => {
    const record = `{"a":${'['.repeat(63)}${']'.repeat(63)}}`
    expect(decode(jsonDecoder([['a', 'VARCHAR(200)']]), [record]).rows).toHaveLength(1)
  })

  it('names the byte order mark', () => {
    expect(decode(jsonDecoder([['a', 'INTEGER']]), ['\ufeff{"a":1}']).errors[0]?.message).toContain('byte order mark')
  })

  it('lets the last of equal names win, in both readers', () => {
    const decoder = jsonDecoder([
      ['a', 'INTEGER'],
      ['t', 'VARCHAR(9)'],
    ])
    expect(decode(decoder, ['{"a":"x","a":2}', '{"a":"x","t":1.0,"a":3,"t":2.0}']).rows).toEqual([
      [2, null],
      [3, '2.0'],
    ])
  })

  it('refuses bytes that are no UTF-8 and keeps them, and takes a written U+FFFD', () => {
    const bad = [
      Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d),
      Buffer.concat([Buffer.from('{"s":"'), Uint8Array.of(0xed, 0xa0, 0x80), Buffer.from('"}')]),
      Buffer.concat([Buffer.from('{"s":"'), Uint8Array.of(0xc0, 0x80), Buffer.from('"}')]),
      Buffer.concat([Buffer.from('{"s":"'), Uint8Array.of(0xe2, 0x82)]), // the rest of the character starts the next record
      Buffer.concat([Uint8Array.of(0xac), Buffer.from('"}')]),
    ]
    const { rows, errors } = decode(jsonDecoder([['s', 'VARCHAR(9)']]), [...bad, '{"s":"\ufffd"}'])
    expect(rows).toEqual([['\ufffd']])
    expect(errors.map(error => Buffer.from(error.data).toString('hex'))).toEqual(
      bad.map(bytes => Buffer.from(bytes).toString('hex')),
    )
  })

  it('keeps NUL, right-to-left marks and normalisation twins apart', () => {
    const texts = ['a\u0000b', 'a\u0000', '\u200fa', 'é', 'e\u0301', '\u2028']
    const { rows, batches } = decode(
      jsonDecoder([['s', 'VARCHAR(9)']]),
      texts.map(s => JSON.stringify({ s })),
    )
    expect(rows).toEqual(texts.map(text => [text]))
    const [column] = batches[0]?.columns ?? []
    expect(column?.layout === 'dictionary' && new Set(column.ids.subarray(0, 6)).size).toBe(6)
  })

  it.each(NAMES)('treats %s as an ordinary name', name => {
    const decoder = jsonDecoder([
      [name, 'VARCHAR(20)', `$.${name}`],
      ['deep', 'VARCHAR(20)', `$.o.${name}.${name}`],
      ['element', 'VARCHAR(20)', `$.l[0:].${name}`],
    ])
    const present = `{"${name}":"1","o":{"${name}":{"${name}":"2"}},"l":[{"${name}":"3"}]}`
    const exact = `{"${name}":1.0,"o":{"${name}":{"${name}":2.0}},"l":[{"${name}":3.0}]}`
    for (const record of [present, exact]) {
      const { rows, errors } = decode(decoder, [
        record,
        '{"o":{},"l":[{}]}',
        '{"o":[],"l":[[]]}',
        '{"o":"x","l":["x"]}',
      ])
      expect(errors).toEqual([])
      const zero = record === exact ? '.0' : ''
      expect(rows).toEqual([
        [`1${zero}`, `2${zero}`, `3${zero}`],
        ...Array.from({ length: 3 }, () => [null, null, null]),
      ])
    }
  })

  it('reads plain names past a __proto__ member that tries to lend its own', () => {
    const decoder = jsonDecoder([['a', 'VARCHAR(9)']])
    expect(decode(decoder, ['{"__proto__":{"a":"inherited"}}', '{"__proto__":{"a":"x"},"a":"own"}']).rows).toEqual([
      [null],
      ['own'],
    ])
  })

  it('refuses a document that flattens into more cells than memory should hold', () => {
    const columns = Array.from({ length: 1_000 }, (_unused, i) => [`c${i}`, 'INTEGER', `$.l[0:].c${i}`] as const)
    const { rows, errors } = decode(jsonDecoder(columns), [`{"l":[${'1,'.repeat(10_000)}1]}`])
    expect(rows).toEqual([])
    expect(errors[0]?.message).toContain('split it')
  })

  it('moves texts that hardly repeat to spans and back, without a change of values', () => {
    const decoder = jsonDecoder([
      ['id', 'VARCHAR(40)'],
      ['k', 'VARCHAR(40)'],
    ])
    const layouts = new Set<string>()
    for (let round = 0; round < 90; round++) {
      const records = Array.from({ length: 1_024 }, (_unused, i) => {
        const n = round * 1_024 + i
        const id = round > 70 ? `é${i % 5}` : n % 7 === 0 ? null : `id-é-${n}`
        return { id, k: `k${n % 20}` }
      })
      const { batches } = decode(
        decoder,
        records.map(record => JSON.stringify(record)),
      )
      const [batch] = batches
      if (batch === undefined) throw new Error('a batch is missing')
      expect(valuesOf(batch)).toEqual(records.map(({ id, k }) => [id, k]))
      layouts.add(`${batch.columns[0]?.layout}`)
      expect(batch.columns[1]?.layout).toBe('dictionary')
      for (const column of batch.columns)
        if (column.layout === 'dictionary') expect(column.dictionary.size).toBeLessThan(DICTIONARY_ENTRIES_MAX + 1_026)
    }
    expect([...layouts].sort()).toEqual(['dictionary', 'span'])
  })

  it('never holds a lone surrogate, in span layout either', () => {
    const decoder = jsonDecoder([['id', 'VARCHAR(40)']])
    for (let round = 0; round < 6; round++) {
      const records = Array.from(
        { length: 1_024 },
        (_unused, i) => `{"id":"${round * 1_024 + i}${i === 9 ? '\\udc00' : ''}"}`,
      )
      expect(decode(decoder, records).errors).toHaveLength(1)
    }
  })
})

/** A small generator of its own, so that a failure repeats. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * below)
  }
}

const SCALARS = [
  '1',
  '-0',
  '1.50',
  '1e5',
  '123456789012345678',
  '"x"',
  '"\\u00e9\\n"',
  '"a\\\\"',
  'true',
  'false',
  'null',
  '""',
  '"😀"',
]

function randomJson(next: (below: number) => number, depth: number): string {
  const kind = depth > 3 ? 2 : next(4)
  if (kind >= 2) return SCALARS[next(SCALARS.length)] ?? '1'
  const blank = () => ['', ' ', '\n', '\t'][next(4)] ?? ''
  const items = Array.from({ length: next(4) }, () => {
    const value = `${blank()}${randomJson(next, depth + 1)}${blank()}`
    return kind === 0 ? value : `${blank()}"${'ab_'[next(3)]}"${blank()}:${value}`
  })
  return kind === 0 ? `[${items.join(',')}${blank()}]` : `{${blank()}${items.join(',')}}`
}

function plain(value: unknown): unknown {
  return JSON.parse(value as string)
}

describe('the exact reader', () => {
  it('accepts exactly what JSON.parse accepts, over random documents and their mutations', () => {
    const next = random(7)
    let accepted = 0
    for (let i = 0; i < 20_000; i++) {
      let text = randomJson(next, 0)
      if (i % 3 !== 0) {
        const at = next(text.length + 1)
        const cut = next(2)
        text =
          text.slice(0, at) +
          ['', ',', '"', '}', ']', '1', '.', 'e', '\\', ' ', '-', ':', 'u', '\u0007', '0'][next(15)] +
          text.slice(at + cut)
      }
      let valid = true
      try {
        plain(text)
      } catch {
        valid = false
      }
      const reader = new ExactReader(text)
      const value = reader.read()
      const exact = !(value instanceof JsonProblem) && text.slice(reader.end).trim() === ''
      expect(exact, text).toBe(valid)
      if (valid) {
        accepted++
        expect(nestsTooDeep(text)).toBe(false)
      }
    }
    expect(accepted).toBeGreaterThan(7_000)
  })

  it('makes the rows that JSON.parse and a plain reading make', () => {
    const next = random(11)
    const decoder = jsonDecoder([
      ['a', 'DOUBLE', '$.a'],
      ['b', 'VARCHAR(3)', '$.b'],
      ['d', 'BOOLEAN', '$.a.b'],
      ['c', 'INTEGER', '$._'],
    ])
    const wrong = Symbol('refused')
    const double = (value: unknown): number | null | symbol => {
      if (value === null || value === undefined) return null
      if (typeof value === 'boolean') return value ? 1 : 0
      if (typeof value === 'number') return value
      return wrong
    }
    const records: string[] = []
    const expected: unknown[][] = []
    for (let i = 0; i < 20_000; i++) {
      const text = randomJson(next, 0)
      const document = plain(text)
      if (typeof document !== 'object' || document === null || Array.isArray(document)) continue
      const { a, b, _ } = document as Record<string, unknown>
      // Source text in cells has the table above as its judge.
      if (typeof b === 'number' || (typeof b === 'object' && b !== null)) continue
      records.push(text)
      const c = double(_)
      const inner =
        typeof a === 'object' && a !== null && !Array.isArray(a) ? (a as Record<string, unknown>)['b'] : undefined
      const flag = typeof inner === 'string' ? 0 : double(inner)
      const row = [
        double(a),
        typeof b === 'string'
          ? Array.from(b).slice(0, 3).join('')
          : typeof b === 'boolean'
            ? String(b).slice(0, 3)
            : null,
        flag === null || typeof flag === 'symbol' ? flag : flag === 0 ? 0 : 1,
        typeof c === 'number' && !(Number.isInteger(c) && Math.abs(c) < 2 ** 31)
          ? wrong
          : typeof c === 'number'
            ? c + 0
            : c,
      ]
      if (!row.includes(wrong)) expected.push(row)
    }
    const { rows, errors } = decode(decoder, records)
    expect(rows).toEqual(expected)
    expect(rows.length + errors.length).toBe(records.length)
    expect(rows.length).toBeGreaterThan(500)
    expect(batchOf(records).length).toBe(records.length)
  })
})
