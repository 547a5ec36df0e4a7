import { describe, expect, it } from 'vitest'
import { EXCERPT_BYTES_MAX } from '../../core/codecs/batch-writer.ts'
import { PROBLEMS_PER_RECORD_MAX } from '../../core/codecs/json/json-decoder.ts'
import type { Value } from '../../core/rows.ts'
import { batchOf, type ColumnText, decode, jsonDecoder } from './codec-support.ts'

const BAD = Symbol('coercion error')
const ms = (text: string): number => Date.parse(text)

/** [SqlType, JSON text of the value, the cell]: streaming SQL specification, table of JSON coercions. */
const CELLS: readonly (readonly [string, string, Value | typeof BAD])[] = [
  ...[
    'INTEGER',
    'DOUBLE',
    'VARCHAR(4)',
    'BOOLEAN',
    'DATE',
    'TIME',
    'TIMESTAMP',
    'VARBINARY(4)',
    'BIGINT',
    'DECIMAL(5,2)',
  ].map(type => [type, 'null', null] as const),
  ['INTEGER', 'true', 1],
  ['INTEGER', 'false', 0],
  ['DOUBLE', 'true', 1],
  ['REAL', 'false', 0],
  ['BIGINT', 'true', 1n],
  ['BIGINT', 'false', 0n],
  ['DECIMAL(5,2)', 'true', 100n],
  ['DECIMAL(2,2)', 'true', BAD],
  ['VARCHAR(10)', 'true', 'true'],
  ['VARCHAR(3)', 'false', 'fal'],
  ['CHAR(2)', 'true', 'tr'],
  ['BOOLEAN', 'true', 1],
  ['BOOLEAN', 'false', 0],
  ['DATE', 'true', BAD],
  ['TIME', 'false', BAD],
  ['TIMESTAMP', 'true', BAD],
  ['VARBINARY(3)', 'true', Uint8Array.of(1)],
  ['VARBINARY(3)', 'false', Uint8Array.of(0)],
  ['BINARY(2)', 'true', Uint8Array.of(0, 1)],

  ['TINYINT', '127', 127],
  ['TINYINT', '128', BAD],
  ['TINYINT', '-128', -128],
  ['TINYINT', '-129', BAD],
  ['SMALLINT', '-32768', -32768],
  ['SMALLINT', '32768', BAD],
  ['INTEGER', '2147483647', 2147483647],
  ['INTEGER', '2147483648', BAD],
  ['INTEGER', '1.5', BAD],
  ['INTEGER', '2.0', 2],
  ['INTEGER', '1e3', 1000],
  ['INTEGER', '-0', 0],
  ['INTEGER', '1e999', BAD],
  ['BIGINT', '9223372036854775807', 9223372036854775807n],
  ['BIGINT', '9223372036854775808', BAD],
  ['BIGINT', '-9223372036854775808', -9223372036854775808n],
  ['BIGINT', '9007199254740993', 9007199254740993n],
  ['BIGINT', '-9007199254740993', -9007199254740993n],
  ['BIGINT', '9007199254740992.5', BAD],
  ['BIGINT', '12.5', BAD],
  ['BIGINT', '-4294967297', -4294967297n],
  ['BIGINT', '-1', -1n],
  ['BIGINT', '1e18', 1000000000000000000n],
  ['BIGINT', '1e19', BAD],
  ['BIGINT', '-0', 0n],
  ['BIGINT', '1e999', BAD],
  ['DECIMAL(10,2)', '12.34', 1234n],
  ['DECIMAL(10,2)', '-12.345', -1235n],
  ['DECIMAL(10,2)', '0.12499999999999999999', 12n],
  ['DECIMAL(10,2)', '0.125', 13n],
  ['DECIMAL(10,2)', '1.005', 101n],
  ['DECIMAL(10,2)', '99999999.99', 9999999999n],
  ['DECIMAL(10,2)', '100000000', BAD],
  ['DECIMAL(10,2)', '1e999', BAD],
  ['DECIMAL(18,0)', '999999999999999999', 999999999999999999n],
  ['DECIMAL(18,9)', '123456789.123456789', 123456789123456789n],
  ['DECIMAL(18,18)', '0.100000000000000005', 100000000000000005n],
  ['REAL', '0.1', Math.fround(0.1)],
  ['REAL', '1e39', BAD],
  ['DOUBLE', '0.1', 0.1],
  ['DOUBLE', '-0', -0],
  ['DOUBLE', '1e999', BAD],
  ['DOUBLE', '1e-999', 0],
  ['REAL', '-1e400', BAD],
  ['VARCHAR(20)', '5', '5'],
  ['VARCHAR(20)', '5.0', '5.0'],
  ['VARCHAR(20)', '1e2', '1e2'],
  ['VARCHAR(20)', '-0', '-0'],
  ['VARCHAR(2)', '12345', '12'],
  ['VARCHAR(30)', '12345678901234567890123', '12345678901234567890123'],
  ['BOOLEAN', '0', 0],
  ['BOOLEAN', '-0', 0],
  ['BOOLEAN', '0.5', 1],
  ['DATE', '5', BAD],
  ['TIME', '5', BAD],
  ['TIMESTAMP', '1700000000000', BAD],
  ['VARBINARY(4)', '5', BAD],

  ['INTEGER', '"12"', 12],
  ['INTEGER', '" -7 "', -7],
  ['INTEGER', '"1.5"', BAD],
  ['INTEGER', '""', BAD],
  ['INTEGER', '"twelve"', BAD],
  ['INTEGER', '"0x10"', BAD],
  ['INTEGER', '"NaN"', BAD],
  ['DOUBLE', '"1e3"', 1000],
  ['DOUBLE', '"Infinity"', BAD],
  ['DOUBLE', '".5"', 0.5],
  ['BIGINT', '"9007199254740993"', 9007199254740993n],
  ['DECIMAL(10,2)', '"1.005"', 101n],
  ['VARCHAR(3)', '"abcdef"', 'abc'],
  ['VARCHAR(2)', '"😀😁😂"', '😀😁'],
  ['VARCHAR(3)', '"aé"', 'aé'],
  ['VARCHAR(3)', '""', ''],
  ['CHAR(5)', '"ab  "', 'ab'],
  ['CHAR(2)', '"a b"', 'a'],
  ['VARCHAR(5)', '"ab  "', 'ab  '],
  ['BOOLEAN', '"TRUE"', 1],
  ['BOOLEAN', '"tRuE"', 1],
  ['BOOLEAN', '"yes"', 0],
  ['BOOLEAN', '""', 0],
  ['DATE', '"2024-02-29"', ms('2024-02-29')],
  ['DATE', '"2023-02-29"', BAD],
  ['DATE', '"2024-02-29 13:00:00"', ms('2024-02-29')],
  ['DATE', '"1969-12-31T23:00:00Z"', ms('1969-12-31')],
  ['TIME', '"13:14:15.5"', ms('1970-01-01T13:14:15.500Z')],
  ['TIME', '"24:00:00"', BAD],
  ['TIME', '"2024-02-29 13:00:00"', 13 * 3_600_000],
  ['TIMESTAMP', '"2024-02-29"', ms('2024-02-29')],
  ['TIMESTAMP', '"2024-02-29 13:14:15"', ms('2024-02-29T13:14:15Z')],
  ['TIMESTAMP', '"2024-02-29 13:14:15.123456"', ms('2024-02-29T13:14:15.123Z')],
  ['TIMESTAMP', '"2024-02-29T13:14:15Z"', ms('2024-02-29T13:14:15Z')],
  ['TIMESTAMP', '"2024-02-29T13:14:15.12"', ms('2024-02-29T13:14:15.120Z')],
  ['TIMESTAMP', '"2024-02-29T13:14:15+02:00"', ms('2024-02-29T11:14:15Z')],
  ['TIMESTAMP', '"0001-01-01 00:00:00"', ms('0001-01-01T00:00:00Z')],
  ['TIMESTAMP', '"9999-12-31 23:59:59.999"', ms('9999-12-31T23:59:59.999Z')],
  ['TIMESTAMP', '"0000-01-01 00:00:00"', BAD],
  ['TIMESTAMP', '"2024-2-29 13:14:15"', BAD],
  ['TIMESTAMP', '"2024-02-29 13:14:15 "', BAD],
  ['TIMESTAMP', '"2024-02-29 13:14:15Z"', BAD],
  ['TIMESTAMP', '""', BAD],
  ['VARBINARY(4)', `"X'00fF'"`, Uint8Array.of(0, 255)],
  ['BINARY(4)', `"x'00ff'"`, Uint8Array.of(0, 255, 0, 0)],
  ['VARBINARY(1)', `"X'00ff'"`, BAD],
  ['VARBINARY(4)', '"00ff"', BAD],
  ['VARBINARY(4)', `"X'0'"`, BAD],

  ...[
    'INTEGER',
    'DOUBLE',
    'REAL',
    'BIGINT',
    'DECIMAL(5,2)',
    'BOOLEAN',
    'DATE',
    'TIME',
    'TIMESTAMP',
    'VARBINARY(9)',
  ].flatMap(type => [[type, '[1]', BAD] as const, [type, '{"a":1}', BAD] as const]),
  ['VARCHAR(50)', '[1, 2.50,"x"]', '[1, 2.50,"x"]'],
  ['VARCHAR(50)', '{"a" : 1e2}', '{"a" : 1e2}'],
  ['VARCHAR(4)', '[1, 2]', '[1, '],
  ['CHAR(50)', '[]', '[]'],
]

describe('JSON coercion', () => {
  it.each(CELLS)('%s takes %s as %s', (type, json, expected) => {
    const { rows, errors } = decode(jsonDecoder([['c', type]]), [`{"c":${json}}`])
    if (expected === BAD) {
      expect(rows).toEqual([])
      expect(errors.map(error => error.name)).toEqual(['COERCION_ERROR'])
    } else {
      expect(errors).toEqual([])
      expect(rows.map(row => row.map(value => (value instanceof Uint8Array ? Uint8Array.from(value) : value)))).toEqual(
        [[expected]],
      )
    }
  })

  it('gives the same cells when the exact reader reads everything', () => {
    for (const [type, json, expected] of CELLS) {
      // A number in a VARCHAR makes each document go to the exact reader, and after a few it goes there first.
      const decoder = jsonDecoder([
        ['n', 'VARCHAR(9)'],
        ['c', type],
      ])
      const record = `{"n":1.0,"c":${json}}`
      const { rows, errors } = decode(
        decoder,
        Array.from({ length: 20 }, () => record),
      )
      const cells = rows.map(row => (row[1] instanceof Uint8Array ? Uint8Array.from(row[1]) : row[1]))
      expect(cells, `${type} ${json}`).toEqual(expected === BAD ? [] : Array.from({ length: 20 }, () => expected))
      expect(errors).toHaveLength(expected === BAD ? 20 : 0)
    }
  })

  it('shows numbers that are too large for a double as they were written, cut where they are long', () => {
    const decoder = jsonDecoder([['d', 'DOUBLE']])
    const { errors } = decode(decoder, ['{"d":1e400}', `{"d":-${'9'.repeat(500)}}`])
    expect(errors[0]?.message).toBe('column "d" does not take the number 1e400; expected DOUBLE')
    expect(errors[1]?.message).toMatch(/^column "d" does not take the number -9{50,}\.\.\.; expected DOUBLE$/)
  })

  it('says which column, which value and which type, and keeps the record and its position', () => {
    const record = `{"ok":1,"price":${JSON.stringify('é'.repeat(500))}}`
    const decoder = jsonDecoder([
      ['ok', 'INTEGER'],
      ['price', 'DECIMAL(5,2)'],
    ])
    const { errors } = decode(decoder, ['{"ok":1}', record])
    expect(errors).toHaveLength(1)
    const [error] = errors
    expect(error?.message).toMatch(/^column "price" does not take the text "é+\.\.\."; expected DECIMAL\(5,2\)$/)
    expect(Buffer.byteLength(error?.message ?? '')).toBeLessThan(EXCERPT_BYTES_MAX + 80)
    expect(Buffer.from(error?.data ?? []).toString()).toBe(record)
    expect(error?.position).toEqual({ shardId: 'shardId-000000000000', sequenceNumber: '101', subsequenceNumber: 0 })
    expect(error?.rowtime).toBe(2_001)
    expect(error?.pump).toBeNull()
  })

  it('leaves columns that nobody needs NULL and raises no error for them', () => {
    const columns: ColumnText[] = [
      ['a', 'INTEGER'],
      ['b', 'INTEGER'],
      ['c', 'VARCHAR(4)'],
    ]
    const record = '{"a":1,"b":"bad","c":"x"}'
    expect(decode(jsonDecoder(columns, '$', { neededColumns: ['a'] }), [record]).rows).toEqual([[1, null, null]])
    expect(decode(jsonDecoder(columns), [record]).errors).toHaveLength(1)
    expect(() => jsonDecoder(columns, '$', { neededColumns: ['z'] })).toThrow('needed column "z"')
  })
})

describe('JSON paths', () => {
  it('steps through objects by case-sensitive names and gives NULL for what is missing', () => {
    const decoder = jsonDecoder([
      ['x', 'INTEGER', '$.a.b.c'],
      ['y', 'VARCHAR(9)', "$['a b'].B"],
      ['z', 'INTEGER', '$.a.B'],
    ])
    expect(
      decode(decoder, ['{"a":{"b":{"c":1}},"a b":{"B":"q"}}', '{"a":5}', '{"a":[{"b":1}]}', '{"a":null}']).rows,
    ).toEqual([
      [1, 'q', null],
      [null, null, null],
      [null, null, null],
      [null, null, null],
    ])
  })

  it('reads $.list[0:] as the source text of the array and as NULL when it is none', () => {
    const decoder = jsonDecoder([['l', 'VARCHAR(99)', '$.list[0:]']])
    expect(decode(decoder, ['{"list":[1, {"a":2.0}]}', '{"list":{}}', '{"list":"[1]"}', '{}']).rows).toEqual([
      ['[1, {"a":2.0}]'],
      [null],
      [null],
      [null],
    ])
  })

  it('flattens one list and repeats the other columns; an empty list still gives one row', () => {
    const decoder = jsonDecoder([
      ['id', 'INTEGER'],
      ['x', 'INTEGER', '$.o.list[0:].x'],
      ['y', 'VARCHAR(9)', '$.o.list[0:].n.y'],
      ['all', 'VARCHAR(99)', '$.o.list[0:]'],
    ])
    const { rows, batches } = decode(decoder, [
      '{"id":1,"o":{"list":[{"x":1,"n":{"y":"a"}},{"n":{"y":7.0}},3]}}',
      '{"id":2,"o":{"list":[]}}',
      '{"id":3,"o":{}}',
      '{"id":4,"o":{"list":{"x":1}}}',
    ])
    const all = '[{"x":1,"n":{"y":"a"}},{"n":{"y":7.0}},3]'
    expect(rows).toEqual([
      [1, 1, 'a', all],
      [1, null, '7.0', all],
      [1, null, null, all],
      [2, null, null, '[]'],
      [3, null, null, null],
      [4, null, null, null],
    ])
    expect(Array.from(batches[0]?.origin?.records.subarray(0, 6) ?? [])).toEqual([0, 0, 0, 1, 2, 3])
    expect(Array.from(batches[0]?.rowtimes.subarray(0, 6) ?? [])).toEqual([2000, 2000, 2000, 2001, 2002, 2003])
  })

  it('sends only the failing elements of a list to the errors', () => {
    const { rows, errors } = decode(jsonDecoder([['x', 'INTEGER', '$.l[0:].x']]), [
      '{"l":[{"x":1},{"x":"no"},{"x":3}]}',
    ])
    expect(rows).toEqual([[1], [3]])
    expect(errors).toHaveLength(1)
  })

  it('starts at RecordRowPath, and makes a row of each element when that ends in an array', () => {
    expect(decode(jsonDecoder([['x', 'INTEGER']], '$.a.b'), ['{"a":{"b":{"x":1}}}']).rows).toEqual([[1]])
    const elements = jsonDecoder([['x', 'INTEGER']], '$.events[0:]')
    expect(decode(elements, ['{"events":[{"x":1},{"x":2}]}', '{"events":[]}']).rows).toEqual([[1], [2]])
    expect(decode(jsonDecoder([['x', 'INTEGER']], '$[0:]'), ['[{"x":1},{"x":2}]']).rows).toEqual([[1], [2]])
  })

  it('refuses a document that has no row where RecordRowPath looks', () => {
    const { errors } = decode(jsonDecoder([['x', 'INTEGER']], '$.a'), ['{"b":1}', '{"a":7}', '[1]', '5'])
    expect(errors.map(error => error.name)).toEqual(['PARSE_ERROR', 'PARSE_ERROR', 'PARSE_ERROR', 'PARSE_ERROR'])
    expect(decode(jsonDecoder([['x', 'INTEGER']]), ['[{"x":1}]']).errors[0]?.message).toBe(
      'the document is an array, not an object',
    )
  })

  it('flattens lists that cross row batches, also when a later element needs its source text', () => {
    const items = Array.from({ length: 2_500 }, (_unused, i) => ({ x: i === 2_000 ? 7 : `t${i % 50}` }))
    const { rows, batches } = decode(jsonDecoder([['x', 'VARCHAR(9)', '$.l[0:].x']]), [JSON.stringify({ l: items })])
    expect(batches.map(batch => batch.length)).toEqual([1024, 1024, 452])
    expect(rows).toEqual(items.map(item => [String(item.x)]))
  })
})

describe('JSON documents', () => {
  const decoder = () => jsonDecoder([['a', 'INTEGER']])

  it('reads several documents of a record, with and without line ends between them', () => {
    expect(decode(decoder(), ['{"a":1}{"a":2}\n{"a":3}\r\n  {"a":\n4}\n', '{"a":5}', ' \n{"a":6} ']).rows).toEqual(
      [1, 2, 3, 4, 5, 6].map(a => [a]),
    )
  })

  it('goes on after a broken document of a record', () => {
    for (const [record, rows, problems] of [
      ['{"a":1}{"a":bad}{"a":3}', [1, 3], 1],
      ['{"a":1\n{"a":2}\n{"a":3}', [2, 3], 1],
      ['{"a":1}\n{"a":"unclosed}\n{"a":3}', [1, 3], 1],
      ['{"a":1}garbage{"a":3}', [1, 3], 1],
      ['{"a":1}{"a":', [1], 1],
      ['{"a":1},{"a":2}', [1, 2], 1],
      ['{"a":1}]{"a":2}', [1, 2], 1],
    ] as const) {
      const result = decode(decoder(), [record, '{"a":9}'])
      expect(result.rows, record).toEqual([...rows, 9].map(a => [a]))
      expect(
        result.errors.map(error => error.name),
        record,
      ).toEqual(Array(problems).fill('PARSE_ERROR'))
      expect(Buffer.from(result.errors[0]?.data ?? []).toString()).toBe(record)
    }
  })

  it('reports a bounded number of problems of one record', () => {
    const { errors } = decode(decoder(), ['}{"'.repeat(50_000)])
    expect(errors.length).toBeLessThanOrEqual(PROBLEMS_PER_RECORD_MAX)
    expect(decode(decoder(), ['{x}\n'.repeat(1_000)]).errors.at(-1)?.message).toContain(
      'the rest of the record is not read',
    )
  })

  it('keeps rows in record order over row batches of at most 1,024 rows', () => {
    const records = Array.from({ length: 3_000 }, (_unused, i) => `{"a":${i}}`)
    const { rows, batches } = decode(decoder(), records)
    expect(batches.map(batch => batch.length)).toEqual([1024, 1024, 952])
    expect(rows).toEqual(records.map((_unused, i) => [i]))
    expect(batches[2]?.origin?.records[0]).toBe(2048)
    expect(batches[2]?.rowtimes[0]).toBe(2000 + 2048)
  })

  it('makes no batch of no records', () => {
    expect(decoder().decode(batchOf([]), { add: () => undefined })).toEqual([])
  })
})
