import { describe, expect, it } from 'vitest'
import type { DecoderOptions } from '../../core/codecs/decoder.ts'
import type { ScannerKind } from '../../core/codecs/json/scan/scan-path.ts'
import type { ColumnText } from './codec-support.ts'
import { type Answer, SCANNERS, Subject } from './scanner-support.ts'

const ALL: readonly ColumnText[] = [
  ['TI', 'TINYINT'],
  ['I', 'INTEGER'],
  ['B', 'BIGINT'],
  ['D', 'DECIMAL(10,3)'],
  ['F', 'DOUBLE'],
  ['R', 'REAL'],
  ['O', 'BOOLEAN'],
  ['V', 'VARCHAR(8)'],
  ['C', 'CHAR(8)'],
  ['TS', 'TIMESTAMP'],
  ['DA', 'DATE'],
  ['T', 'TIME'],
]
const GOOD =
  '{"TI":1,"I":2,"B":3,"D":4.5,"F":5.25,"R":0.1,"O":true,"V":"v","C":"c  ","TS":"2026-01-15 12:00:00.123","DA":"2026-01-15","T":"01:02:03"}'

function withValue(name: string, value: string): string {
  return GOOD.replace(new RegExp(`("${name}":)("[^"]*"|[^,}]*)`), (_all, key: string) => key + value)
}

/** The answer of a scanner, compared with that of JSON.parse for the same batches in the same order. */
function agreed(
  kind: ScannerKind,
  columns: readonly ColumnText[],
  batches: readonly (readonly (string | Uint8Array)[])[],
  root = '$',
  options: DecoderOptions = {},
): { answers: Answer[]; kept: number; layouts: string[] } {
  const subject = new Subject(kind, columns, root, options)
  const truth = new Subject('none', columns, root, options)
  const answers = batches.map(batch => {
    const answer = subject.answer(batch)
    expect(answer).toEqual(truth.answer(batch))
    return answer
  })
  return { answers, kept: subject.kept, layouts: subject.layouts }
}

const NUMBERS = [
  '0',
  '-0',
  '1',
  '-1',
  '127',
  '128',
  '-128',
  '-129',
  '2147483647',
  '2147483648',
  '-2147483648',
  '-2147483649',
  '9007199254740991',
  '9007199254740993',
  '999999999999999',
  '-999999999999999',
  '1000000000000000',

  '9223372036854775807',
  '9223372036854775808',
  '0.5',
  '1.0',
  '-1.0',
  '5.00',
  '0.1',
  '0.3',
  '1.0005',
  '1234567.8915',
  '9999999.999',
  '9999999.9994',
  '9999999.9996',
  '10000000',
  '123456789012.345',
  '0.000000000000001',
  '12345678',

  '123456789',
  '12345678.12345678',
  '1e3',
  '1E3',
  '1e-3',
  '1.5e400',
  '-1e999',
  '3.5e38',
  '340282350000000',
  '16777217',
  '01',
  '-',
  '1.',
  '.5',
  '+1',
  '1e',
  '0x1',
  '--1',
  '1..2',
  '00',
  '-01',
  '1_0',
  'NaN',
  'Infinity',
]
const OTHERS = [
  'null',
  'true',
  'false',
  'nul',
  'nulll',
  'True',
  'truE',
  'fals',
  'falsy',
  'undefined',
  '{}',
  '[]',
  '{"x":1}',
  '[1,2]',
  '',
  ' 1',
  '1 ',
  '"1"',
  '"-1.5"',
  '"true"',
  '"TRUE"',
  '"x"',
  '""',
  '" "',
  '"  a  "',
]
const TEXTS = [
  '"12345678"',
  '"123456789"',
  '"äöüß"',
  '"äöüßä"',
  '"日本語日本語日本"',
  '"😀😀😀😀😀😀😀😀"',
  '"😀😀😀😀😀😀😀😀😀"',
  '"a\\"b"',
  '"a\\\\b"',
  '"\\/"',
  '"\\u0041"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
  '"\\x"',
  '"\\u12"',
  '"\\',

  '"a\u0001b"',
  '"a\tb"',
  '"a\u007fb"',
  '"\u2028"',
  '"\ufffd"',
  '"unclosed',
  '"\u0000"',
  '"12345678      "',
  '"        "',
]
const TIMES = [
  '2026-01-15 12:00:00',
  '2026-01-15T12:00:00Z',
  '2026-01-15T12:00:00.5Z',
  '2026-01-15 12:00:00.123456789',

  '2026-01-15 12:00:00.1234567890',
  '2026-01-15 12:00:00.',
  '2026-01-15 12:00:00Z',
  '2026-01-15T12:00',
  '2026-01-15 12:00',

  '2026-01-15T12:00:00+02:00',
  '2026-01-15T12:00:00-0230',
  '2026-01-15T12:00:00+19',
  '2026-02-29',
  '2024-02-29',
  '1900-02-29',

  '2000-02-29',
  '0000-01-01',
  '0001-01-01',
  '9999-12-31T23:59:59.999',
  '10000-01-01',
  '2026-13-01',
  '2026-00-01',
  '2026-04-31',

  '2026-01-00',
  '2026-01-15 24:00:00',
  '2026-01-15 23:60:00',
  '2026-01-15 23:59:60',
  '2026-1-15',
  '2026-01-15x12:00:00',

  '12:34:56',
  '12:34:56.7',
  '24:00:00',
  '12:34',
  '1969-12-31 23:59:59.999',
  '2026/01/15',
  ' 2026-01-15',
  '2026-01-15 ',
].map(text => `"${text}"`)

const BAD_BYTES = [
  'ff',
  'c3',
  'c0 80',
  'e2 82',
  'ed a0 80',
  'f0 80 80 80',
  'f4 90 80 80',
  'f5 80 80 80',
  '80',
  'e0 80 80',
]

describe.each(SCANNERS)('the %s scanner', kind => {
  it.each(
    ALL.map(([name, type]) => [name, type] as const),
  )('gives the answer of JSON.parse for every value in column %s of type %s', name => {
    const records = [...NUMBERS, ...OTHERS, ...TEXTS, ...TIMES].flatMap(value => [withValue(name, value), GOOD])
    const { kept } = agreed(kind, ALL, [records, records])
    expect(kept).toBeGreaterThan(records.length)
  })

  it('gives the answer of JSON.parse for every value that no column asks for', () => {
    const records = [...NUMBERS, ...OTHERS, ...TEXTS, ...TIMES].map(value => `{"x":${value},"a":1}`)
    const { kept } = agreed(kind, [['a', 'INTEGER']], [['{"x":1,"a":1}', ...records], records])
    expect(kept).toBeGreaterThan(150)
  })

  it('proves what it can: all of the plain values are scanned', () => {
    const records = ['null', '-12', '0.25'].map(value => withValue('F', value))
    records.push(withValue('B', 'null'), withValue('V', 'null'), withValue('V', '12.50'), withValue('I', '7.0'))
    records.push(withValue('TS', '"2026-01-15T12:00:00.5Z"'), withValue('V', '"ä"'), withValue('D', '-12'))
    expect(agreed(kind, ALL, [records]).kept).toBe(records.length)
  })

  it('proves escapes and exponents, too', () => {
    const texts = [
      '"a\\"b"',
      '"\\\\"',
      '"\\/p"',
      '"\\u0041é"',
      '"\\ud83d\\uDE00"',
      '"\\b\\f\\n\\r\\t"',
      '"\\u00e9 "',
      '"\\u20ac"',
    ]
    const numbers = ['1e3', '-1.5E-3', '25e+1', '1E22', '12345678901234e-22', '0e5', '-0e0']
    const records = [
      ...texts.flatMap(value => [withValue('V', value), withValue('C', value)]),
      ...numbers.flatMap(value => [withValue('F', value), withValue('R', value)]),
      ...['1e2', '-4E1', '12.50e1'].flatMap(value => [withValue('I', value), withValue('B', value)]),
    ]
    records.push(withValue('B', '1.7684784E12'))
    expect(agreed(kind, ALL, [[GOOD, ...records]]).kept).toBe(records.length + 1)
  })

  it('refuses invalid UTF-8 in every string, asked for or not', () => {
    const records = BAD_BYTES.flatMap(hex => {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
      return [
        Buffer.concat([Buffer.from('{"a":"x'), bytes, Buffer.from('y","b":1}')]),
        Buffer.concat([Buffer.from('{"a":"'), bytes, Buffer.from('","b":1}')]),
        Buffer.concat([Buffer.from('{"a":"é'), bytes]),
      ]
    })
    const some = ['{"a":"x","b":1}', ...records, '{"a":"é€😀","b":1}']
    for (const columns of [[['a', 'VARCHAR(20)'] as const], [['b', 'INTEGER'] as const]]) {
      const { answers } = agreed(kind, columns, [some, some])
      expect(answers[0]?.rows).toHaveLength(2)
      expect(answers[0]?.errors).toHaveLength(records.length)
    }
  })

  it('leaves missing members NULL, whatever was in the row before', () => {
    const columns: ColumnText[] = [
      ['a', 'INTEGER'],
      ['b', 'VARCHAR(9)'],
      ['c', 'TIMESTAMP'],
      ['d', 'BIGINT'],
    ]
    const records = [
      '{"a":1,"b":"x","c":"2026-01-01","d":2}',
      '{"d":3}',
      '{}',
      '{"b":"y","z":[1,{"a":5}]}',
      '{"a":null}',
    ]
    const { answers, kept } = agreed(kind, columns, [[...records, ...records, ...records], records])
    expect(answers[0]?.rows[1]).toEqual([null, null, null, 3n])
    expect(kept).toBe(20)
  })

  it('learns nesting, blanks and line ends, and steps into objects', () => {
    const columns: ColumnText[] = [
      ['a', 'INTEGER', '$.o.p.a'],
      ['b', 'VARCHAR(9)', "$.o['b']"],
      ['c', 'DOUBLE'],
    ]
    const records = [
      '{ "o": { "p": { "a": 1 }, "b": "x" }, "c": 2.5 }\n',
      '{"o":{"p":{"a":1},"b":"x"},"c":2.5}\r\n',
      '{"o":{"p":7,"b":"x"},"c":2.5}',
      '{"o":"p","c":2.5}',
      '{"o":[{"p":{"a":1}}],"c":2.5}',
      '{"a":1,"b":"x","p":{"a":3},"c":3}',
    ]
    expect(agreed(kind, columns, [records, records]).kept).toBe(12)
  })

  it('reads rows below RecordRowPath and refuses documents without them', () => {
    const columns: ColumnText[] = [['a', 'INTEGER']]
    const records = [
      '{"data":{"row":{"a":1}}}',
      '{"data":{"row":5}}',
      '{"data":{}}',
      '{"a":1}',
      '{"data":{"row":{}}}',
      '[]',
    ]
    const { answers, kept } = agreed(kind, columns, [records, records], '$.data.row')
    expect(answers[1]?.rows).toEqual([[1], [null]])
    expect(kept).toBe(4)
  })

  it('lets the last of equal names win, and takes __proto__ for a name', () => {
    const columns: ColumnText[] = [
      ['a', 'INTEGER'],
      ['p', 'INTEGER', '$.__proto__'],
      ['q', 'INTEGER', '$.constructor'],
    ]
    const records = ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"__proto__":3,"constructor":4}', '{"__proto__":{"a":9}}']
    const { answers } = agreed(kind, columns, [records, records])
    expect(answers[1]?.rows.slice(0, 3)).toEqual([
      [2, null, null],
      [2, null, null],
      [null, 3, 4],
    ])
  })

  it('gives what is no record of one document to JSON.parse', () => {
    const deep = `{"x":${'['.repeat(63)}1${']'.repeat(63)},"a":1}`
    const deeper = `{"x":${'['.repeat(64)}1${']'.repeat(64)},"a":1}`
    const records = [
      '{"a":1}',
      '',
      ' ',
      '{"a":1}{"a":2}',
      '{"a":1}\n{"a":2}\n',
      '{"a":1',
      '{"a":1}}',
      '{"a":1},',
      'null',
      '7',
      '"a"',
      '[]',
      '\ufeff{"a":1}',
      '{"a":1}\u0000',
      '{"a" :1}',
      '{"a":1,}',
      '{,"a":1}',
      deep,
      deeper,
      '{"b":2}',
      '{}',
    ]
    agreed(kind, [['a', 'INTEGER']], [records, records, records.reverse()])
  })

  it('keeps records apart that lie next to each other in memory', () => {
    const halves = [
      '{"a":"x","b":"y"}',
      '{"a":"x',
      '","b":"y"}',
      '{"a":',
      '"x","b":"y"}',
      '{"a":"x","b":"y"',
      '}',
      '{"a":"x"',
    ]
    const columns: ColumnText[] = [
      ['a', 'VARCHAR(20)'],
      ['b', 'VARCHAR(20)'],
    ]
    agreed(kind, columns, [halves, [...halves].reverse(), halves])
  })

  it('reads a record of 10 MiB among small ones', () => {
    const large = JSON.stringify({ a: 1, v: 'x'.repeat(10 * 1_048_576 - 20) })
    const { answers } = agreed(
      kind,
      [
        ['a', 'INTEGER'],
        ['v', 'VARCHAR(5)'],
      ],
      [['{"a":1,"v":"s"}', large, '{"a":2,"v":"t"}']],
    )
    expect(answers[0]?.rows).toEqual([
      [1, 's'],
      [1, 'xxxxx'],
      [2, 't'],
    ])
  })

  it('does not read, nor judge, columns that are not needed', () => {
    const columns: ColumnText[] = [
      ['a', 'INTEGER'],
      ['b', 'INTEGER'],
      ['c', 'VARCHAR(5)'],
      ['d', 'VARBINARY(5)'],
    ]
    const records = [
      '{"a":1,"b":"no number","c":"x","d":"y"}',
      '{"a":2,"b":2,"c":5,"d":null}',
      '{"a":3,"b":{},"c":5,"d":null}',
    ]
    const { answers, kept } = agreed(kind, columns, [records], '$', { neededColumns: ['a'] })
    expect(answers[0]?.rows).toEqual([
      [1, null, null, null],
      [2, null, null, null],
      [3, null, null, null],
    ])
    expect(kept).toBe(3)
  })

  it('judges columns that are not needed, where it is told to', () => {
    const columns: ColumnText[] = [
      ['a', 'INTEGER'],
      ['b', 'SMALLINT'],
      ['c', 'VARCHAR(5)'],
      ['d', 'TIMESTAMP'],
    ]
    const records = [
      '{"a":1,"b":1,"c":"x","d":"2026-01-01"}',
      '{"a":2,"b":"no number","c":"x","d":null}',
      '{"a":3,"b":70000,"c":"x"}',
      '{"a":4,"b":3,"c":"\\ud800","d":null}',
      '{"a":5,"b":3,"c":[1],"d":null}',
      '{"a":6,"b":3,"c":"much too long","d":"2026-02-30"}',
      '{"a":7,"b":3,"c":"much too long","d":"2026-02-28T00:00:00Z"}',
      '{"a":8,"b":{},"c":1.50}',
    ]
    const options = { neededColumns: ['a'], otherColumns: 'judged' } as const
    const { answers, kept } = agreed(kind, columns, [records, records], '$', options)
    expect(answers[1]?.rows).toEqual([1, 5, 7].map(a => [a, null, null, null]))
    expect(answers[1]?.errors.map(error => error.sequenceNumber)).toEqual(['101', '102', '103', '105', '107'])
    expect(kept).toBe(6)
  })

  it('keeps rows in order when records bring several, one or none', () => {
    const records = Array.from({ length: 5_000 }, (_unused, i) =>
      i % 7 === 0 ? `{"a":${i}}{"a":${i + 1}}{"a":${i + 2}}` : i % 11 === 0 ? '{"a":"x"}' : `{"a":${i}}`,
    )
    const { answers, kept } = agreed(kind, [['a', 'INTEGER']], [records, records])
    expect(answers[0]?.rows.length).toBeGreaterThan(5_500)
    expect(kept).toBeGreaterThan(7_000)
  })

  it('moves texts that hardly repeat to spans and back, with other texts in the way', () => {
    const subject = new Subject(kind, [
      ['v', 'VARCHAR(30)'],
      ['w', 'CHAR(30)'],
      ['n', 'INTEGER'],
    ])
    const truth = new Subject('none', [
      ['v', 'VARCHAR(30)'],
      ['w', 'CHAR(30)'],
      ['n', 'INTEGER'],
    ])
    const seen = new Set<string>()
    let next = 0
    for (let round = 0; round < 100; round++) {
      const repeats = round >= 20
      const records = Array.from({ length: 1_300 }, (_unused, i) => {
        const v = repeats ? `same ${i % 5}` : `event-${next++}`
        if (i % 50 === 7 && round % 2 === 1) return JSON.stringify({ v: `é\n${v}`, w: v, n: i })
        return i % 31 === 5 ? `{"w":"${v} ","n":${i}}` : `{"v":"${v}","w":"${v}  ","n":${i}}`
      })
      expect(subject.answer(records)).toEqual(truth.answer(records))
      for (const layouts of subject.layouts) seen.add(layouts)
    }
    // The columns may move in different batches.
    expect([...seen]).toEqual(expect.arrayContaining(['dictionary,dictionary,number', 'span,span,number']))
    expect(subject.kept).toBeGreaterThan(120_000)
  })

  it('follows producers that change their layout, and gives up what no record has any more', () => {
    const subject = new Subject(kind, [
      ['a', 'INTEGER'],
      ['v', 'VARCHAR(9)'],
    ])
    let records = 0
    for (let version = 0; version < 16; version++) {
      for (let batch = 0; batch < 8; batch++) {
        const texts = Array.from({ length: 1_024 }, (_unused, i) => `{"v${version}":"z","a":${i},"v":"x${i % 9}"}`)
        const { rows, errors } = subject.answer(texts)
        expect(errors).toEqual([])
        expect(rows[1_023]).toEqual([1_023, 'x6'])
        records += texts.length
      }
    }
    expect(subject.kept / records).toBeGreaterThan(0.4)
  })

  it('rests where every record is of another layout, and gives the same rows', () => {
    const columns: ColumnText[] = [['a', 'INTEGER']]
    const batches = Array.from({ length: 30 }, (_unused, b) =>
      Array.from({ length: 1_024 }, (_nothing, i) => `{"k${b * 1_024 + i}":0,"a":${i}}`),
    )
    expect(agreed(kind, columns, batches).kept).toBeLessThan(100)
  })

  it('knows the greatest decimal of each precision to the last digit', () => {
    for (const precision of [15, 16, 17, 18])
      for (const scale of [0, 4, precision]) {
        const most = '9'.repeat(precision)
        const whole = `${most.slice(0, precision - scale) || '0'}.${most.slice(precision - scale) || '0'}`
        const above = `1${'0'.repeat(precision - scale)}`
        agreed(
          kind,
          [['d', `DECIMAL(${precision},${scale})`]],
          [['{"d":1}'], [`{"d":${whole}}`, `{"d":-${whole}}`, `{"d":${above}}`, `{"d":-${above}}`, `{"d":${above}.0}`]],
        )
      }
  })

  it('cuts no text of CHAR at the end of what it could unescape', () => {
    const long = (blanks: number, end: string) => `{"c":"\\n${'x'.repeat(200)}${' '.repeat(blanks)}${end}"}`
    const texts = [40, 54, 55, 56, 80].flatMap(blanks => [long(blanks, ''), long(blanks, 'tail'), long(blanks, ' t')])
    agreed(kind, [['c', 'CHAR(300)']], [['{"c":"\\n"}'], texts])
    agreed(kind, [['c', 'VARCHAR(300)']], [['{"c":"\\n"}'], texts])
  })
})

describe('the choice of a scanner', () => {
  const plain: ColumnText[] = [['a', 'INTEGER']]

  it('is WebAssembly where the host has it', () => {
    expect(new Subject('auto', plain).scannerKind).toBe('wasm')
  })

  it('is JavaScript where there is no WebAssembly', () => {
    const webAssembly = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')
    Reflect.deleteProperty(globalThis, 'WebAssembly')
    try {
      const subject = new Subject('auto', plain)
      expect(subject.scannerKind).toBe('javascript')
      expect(subject.answer(['{"a":1}']).rows).toEqual([[1]])
    } finally {
      if (webAssembly !== undefined) Object.defineProperty(globalThis, 'WebAssembly', webAssembly)
    }
  })

  it('is JSON.parse for flattened lists, binary columns and values asked for twice', () => {
    expect(new Subject('auto', [['x', 'INTEGER', '$.l[0:].x']]).scannerKind).toBe('none')
    expect(new Subject('auto', [['x', 'VARCHAR(9)', '$.l[0:]']]).scannerKind).toBe('none')
    expect(new Subject('auto', plain, '$.l[0:]').scannerKind).toBe('none')
    expect(new Subject('auto', [['a', 'VARBINARY(3)']]).scannerKind).toBe('none')
    expect(
      new Subject('auto', [
        ['a', 'INTEGER'],
        ['b', 'VARCHAR(9)', '$.a'],
      ]).scannerKind,
    ).toBe('none')
  })
})
