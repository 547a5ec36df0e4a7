import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../core/byte-writer.ts'
import type { Encoder } from '../../core/codec.ts'
import { CsvLinesEncoder } from '../../core/codecs/csv-lines.ts'
import {
  formatDate,
  formatTime,
  formatTimestamp,
  TIMESTAMP_MAX,
  TIMESTAMP_MIN,
} from '../../core/codecs/datetime-text.ts'
import { JsonLinesEncoder } from '../../core/codecs/json-lines.ts'
import { decimalText, doubleText, realText } from '../../core/codecs/number-text.ts'
import { RowBuilder } from '../../core/row-builder.ts'
import { ROWS_PER_BATCH_MAX, type RowBatch, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { parseSqlType } from '../../core/sql-type.ts'
import { seededRandom } from '../support/memory-env.ts'
import { csvDecoder, decode, jsonDecoder } from './codec-support.ts'

function schemaOf(columns: readonly (readonly [string, string])[]): Schema {
  return { columns: columns.map(([name, type]) => ({ name, type: parseSqlType(type), nullable: true })) }
}

function rowsOf(columns: readonly (readonly [string, string])[], rows: readonly (readonly Value[])[]): RowBatch {
  const builder = new RowBuilder(schemaOf(columns))
  rows.forEach((row, i) => {
    builder.add(Date.UTC(2024, 0, 1) + i, row)
  })
  return builder.take()
}

function encoded(encoder: Encoder, rows: RowBatch): string {
  const out = new ByteWriter(16)
  encoder.encode(rows, out)
  return Buffer.from(out.take()).toString()
}

/** Rows as lines of CSV, whatever their number. */
function lines(columns: readonly (readonly [string, string])[], rows: readonly (readonly Value[])[]): string[] {
  const encoder = new CsvLinesEncoder()
  const result: string[] = []
  for (let from = 0; from < rows.length; from += ROWS_PER_BATCH_MAX)
    result.push(
      ...encoded(encoder, rowsOf(columns, rows.slice(from, from + ROWS_PER_BATCH_MAX)))
        .trimEnd()
        .split('\n'),
    )
  return result
}

const COLUMNS = [
  ['t', 'TINYINT'],
  ['b', 'BIGINT'],
  ['d', 'DECIMAL(18,4)'],
  ['r', 'REAL'],
  ['x', 'DOUBLE'],
  ['o', 'BOOLEAN'],
  ['s', 'VARCHAR(20)'],
  ['ts', 'TIMESTAMP'],
  ['da', 'DATE'],
  ['ti', 'TIME'],
  ['bin', 'VARBINARY(9)'],
] as const
const ROW: readonly Value[] = [
  -7,
  9223372036854775807n,
  -5n,
  Math.fround(0.1),
  1e-7,
  1,
  'q"\\\n\u0001é😀',
  Date.UTC(2024, 1, 29, 1, 2, 3, 4),
  Date.UTC(2024, 1, 29),
  3_723_004,
  Uint8Array.of(0, 255, 1),
]

describe('JSON lines', () => {
  it('write one object a row with keys in the order of the columns', () => {
    const nothing = COLUMNS.map(() => null)
    expect(encoded(new JsonLinesEncoder(), rowsOf(COLUMNS, [ROW, nothing]))).toBe(
      '{"t":-7,"b":9223372036854775807,"d":-0.0005,"r":0.1,"x":1e-7,"o":true,"s":"q\\"\\\\\\n\\u0001é😀",' +
        '"ts":"2024-02-29 01:02:03.004","da":"2024-02-29","ti":"01:02:03.004","bin":"AP8B"}\n' +
        '{"t":null,"b":null,"d":null,"r":null,"x":null,"o":null,"s":null,"ts":null,"da":null,"ti":null,"bin":null}\n',
    )
  })

  it('start with ROWTIME where asked', () => {
    const encoder = new JsonLinesEncoder({ rowtime: true })
    expect(encoded(encoder, rowsOf([['a"b', 'INTEGER']], [[1], [0]]))).toBe(
      '{"ROWTIME":"2024-01-01 00:00:00.000","a\\"b":1}\n{"ROWTIME":"2024-01-01 00:00:00.001","a\\"b":0}\n',
    )
    expect(encoded(encoder, rowsOf([], [[]]))).toBe('{"ROWTIME":"2024-01-01 00:00:00.000"}\n')
    expect(encoded(new JsonLinesEncoder(), rowsOf([], [[]]))).toBe('{}\n')
  })

  it('stay whole when a cell holds what no column should', () => {
    const rows = rowsOf(
      [
        ['x', 'DOUBLE'],
        ['r', 'REAL'],
        ['ts', 'TIMESTAMP'],
      ],
      [
        [Number.NaN, Number.POSITIVE_INFINITY, 1e17],
        [Number.NEGATIVE_INFINITY, Number.NaN, Number.NaN],
      ],
    )
    for (const line of encoded(new JsonLinesEncoder(), rows).trim().split('\n'))
      expect(JSON.parse(line)).toEqual({ x: null, r: null, ts: null })
  })

  it('escape texts of both layouts as JSON.stringify does', () => {
    const texts = ['', '"', '\\', 'plain', '\b\t\n\f\r', '\u0000\u001f\u007f', '\u2028é😀', 'a"b"c', '</script>']
    for (let code = 0; code < 300; code++) texts.push(`x${String.fromCharCode(code)}`)
    const expected = texts.map(s => `${JSON.stringify({ s })}\n`).join('')
    expect(
      encoded(
        new JsonLinesEncoder(),
        rowsOf(
          [['s', 'VARCHAR(99)']],
          texts.map(text => [text]),
        ),
      ),
    ).toBe(expected)
    const bytes = Buffer.from(texts.join(''))
    const sizes = Int32Array.from(texts, text => Buffer.byteLength(text))
    let end = 0
    const offsets = sizes.map(size => (end += size) - size)
    const spans: RowBatch = {
      schema: schemaOf([['s', 'VARCHAR(99)']]),
      length: texts.length,
      rowtimes: new Float64Array(texts.length),
      columns: [{ layout: 'span', bytes, offsets, sizes, nulls: new Uint8Array(texts.length) }],
      origin: null,
    }
    expect(encoded(new JsonLinesEncoder(), spans)).toBe(expected)
  })

  it('escape a dictionary entry once, and another generation anew', () => {
    const encoder = new JsonLinesEncoder()
    const builder = new RowBuilder(schemaOf([['s', 'VARCHAR(9)']]))
    for (const round of ['a', 'b', 'a']) {
      builder.add(0, [round])
      builder.add(0, [null])
      expect(encoded(encoder, builder.take())).toBe(`{"s":"${round}"}\n{"s":null}\n`)
    }
    expect(encoded(encoder, rowsOf([['s', 'VARCHAR(9)']], [['z']]))).toBe('{"s":"z"}\n')
  })

  it('write numbers digit by digit as their texts are', () => {
    const random = seededRandom(20_261_128)
    const doubles: number[] = [0, -0, 0.5, 1e15, 1e15 - 1, 999_999_999_999.999, 1e12 + 0.001, 0.0005, 5e-324, 0.3 - 0.1]
    for (let digits = 0; digits <= 16; digits++) {
      const power = 10 ** digits
      doubles.push(power, power - 1, power + 1, power / 1_000, (power - 1) / 1_000, (power + 1) / 100, power + 0.1)
      for (let i = 0; i < 60; i++)
        for (const over of [1, 10, 100, 1_000, 10_000]) doubles.push(Math.floor(random.next() * power) / over)
    }
    doubles.push(...doubles.map(value => -value))
    const bigints: bigint[] = [0n, 1n]
    for (let bits = 0n; bits < 63n; bits++)
      for (const near of [-1n, 0n, 1n]) bigints.push((1n << bits) + near, -(1n << bits) - near)
    for (let digits = 1; digits < 19; digits++) bigints.push(10n ** BigInt(digits), 10n ** BigInt(digits) - 1n)
    const texts = (type: string, values: readonly Value[]): string[] =>
      lines(
        [['v', type]],
        values.map(value => [value]),
      )
    expect(texts('DOUBLE', doubles)).toEqual(doubles.map(doubleText))
    const singles = doubles.map(Math.fround)
    expect(texts('REAL', singles)).toEqual(singles.map(realText))
    expect(texts('BIGINT', bigints)).toEqual(bigints.map(String))
    for (const scale of [0, 1, 2, 8, 9, 10, 17, 18]) {
      const decimals = bigints.filter(value => value > -(10n ** 18n) && value < 10n ** 18n)
      expect(texts(`DECIMAL(18,${scale})`, decimals)).toEqual(decimals.map(value => decimalText(value, scale)))
    }
  })

  it('write every day and time of day as their texts are', () => {
    const random = seededRandom(7)
    const instants = [TIMESTAMP_MIN, TIMESTAMP_MAX, -1, 0, 1, 86_399_999, 86_400_000, -86_400_000, -86_400_001]
    for (let i = 0; i < 3_000; i++)
      instants.push(Math.floor(TIMESTAMP_MIN + random.next() * (TIMESTAMP_MAX - TIMESTAMP_MIN)), i * 43_211_987)
    const times = instants.map(instant => instant - Math.floor(instant / 86_400_000) * 86_400_000)
    const written = lines(
      [
        ['ts', 'TIMESTAMP'],
        ['da', 'DATE'],
        ['ti', 'TIME'],
      ],
      instants.map((instant, i) => [instant, instant, times[i]!]),
    )
    expect(written).toEqual(
      instants.map((instant, i) => `${formatTimestamp(instant)},${formatDate(instant)},${formatTime(times[i]!)}`),
    )
  })

  it('come back unchanged through JSON.parse, the decoder and DuckDB', async () => {
    const rows: Value[][] = []
    const floats = new Float32Array(1)
    const doubles = new Float64Array(1)
    let state = 12_345
    const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0)
    const words = new Uint32Array(doubles.buffer)
    const word = new Uint32Array(floats.buffer)
    const edges = [
      0, -0, 1, -1, 9, 10, 99_999_999, 999_999_999, 1e9, 1e21, 5e-324, 1.7976931348623157e308, 0.1, 123456.789,
    ]
    for (let i = 0; i < 1_000; i++) {
      words[0] = next()
      words[1] = next()
      word[0] = next()
      const double = edges[i] ?? (Number.isFinite(doubles[0] ?? 0) ? (doubles[0] ?? 0) : i)
      const real = i < edges.length ? Math.fround(i < 11 && i > 8 ? i : (edges[i] ?? 0)) : (floats[0] ?? 0)
      const big = BigInt.asIntN(64, (BigInt(next()) << 32n) | BigInt(next()))
      const decimal = big % 10n ** 18n
      rows.push([big, decimal, Number.isFinite(real) ? real : 1.5, double, (next() % 20_000_000) - 10_000_000])
    }
    const columns = [
      ['b', 'BIGINT'],
      ['d', 'DECIMAL(18,5)'],
      ['r', 'REAL'],
      ['x', 'DOUBLE'],
      ['i', 'INTEGER'],
    ] as const
    const text = encoded(new JsonLinesEncoder(), rowsOf(columns, rows))
    const lines = text.trim().split('\n')
    lines.forEach((line, i) => {
      const parsed = JSON.parse(line) as { r: number; x: number; i: number }
      expect([Math.fround(parsed.r), parsed.x, parsed.i]).toEqual(rows[i]?.slice(2))
    })
    const again = decode(jsonDecoder(columns), [text])
    expect(again.errors).toEqual([])
    expect(again.rows).toEqual(rows)

    const folder = mkdtempSync(join(tmpdir(), 'json-lines-'))
    const instance = await DuckDBInstance.create()
    const connection = await instance.connect()
    try {
      const file = join(folder, 'rows.json')
      writeFileSync(file, text)
      const result = await connection.runAndReadAll(
        `SELECT b::VARCHAR, r::DOUBLE, x, i FROM read_json('${file}', format = 'newline_delimited', columns = {b: 'BIGINT', r: 'REAL', x: 'DOUBLE', i: 'INTEGER'})`,
      )
      expect(result.getRows()).toEqual(rows.map(([b, , r, x, i]) => [String(b), r, x, i]))
      // DuckDB reads a JSON number into a DECIMAL by way of a double, so CSV is where it can judge all digits.
      const csv = join(folder, 'rows.csv')
      writeFileSync(csv, encoded(new CsvLinesEncoder(), rowsOf(columns, rows)))
      const exact = await connection.runAndReadAll(
        `SELECT b::VARCHAR, (d::DECIMAL(38,5) * 100000)::HUGEINT::VARCHAR, r::DOUBLE, x, i FROM read_csv('${csv}', header = false, auto_detect = false, delim = ',', columns = {b: 'BIGINT', d: 'DECIMAL(18,5)', r: 'REAL', x: 'DOUBLE', i: 'INTEGER'})`,
      )
      expect(exact.getRows()).toEqual(rows.map(([b, d, r, x, i]) => [String(b), String(d), r, x, i]))
    } finally {
      connection.closeSync()
      instance.closeSync()
      rmSync(folder, { recursive: true })
    }
  })
})

describe('REAL as text', () => {
  it('is the shortest that reads back as the same 32-bit number', () => {
    const floats = new Float32Array(1)
    const words = new Uint32Array(floats.buffer)
    for (let i = 0; i < 20_000; i++) {
      words[0] = Math.imul(i, 2_654_435_761)
      const value = floats[0] ?? 0
      if (!Number.isFinite(value)) continue
      const text = realText(value)
      if (!Object.is(Math.fround(Number(text)), value)) expect(text).toBe(value)
      const digits = text
        .replace(/e.*/, '')
        .replace(/\D/g, '')
        .replace(/^0+|0+$/g, '').length
      if (digits > 1 && Math.abs(value) > 1e-30 && Math.fround(Number(value.toPrecision(digits - 1))) === value)
        expect(text).toBe('shorter')
    }
    expect(realText(Math.fround(16_777_216))).toBe('16777216')
    expect(realText(Math.fround(3.4028234663852886e38))).toBe('3.4028235e+38')
  })
})

describe('CSV lines', () => {
  it('write values as JSON lines do, NULL as nothing and the empty text as two quotes', () => {
    expect(encoded(new CsvLinesEncoder(), rowsOf(COLUMNS, [ROW, COLUMNS.map(() => null)]))).toBe(
      '-7,9223372036854775807,-0.0005,0.1,1e-7,true,"q""\\\n\u0001é😀",2024-02-29 01:02:03.004,2024-02-29,01:02:03.004,AP8B\n,,,,,,,,,,\n',
    )
    expect(encoded(new CsvLinesEncoder({ rowtime: true }), rowsOf([['s', 'VARCHAR(9)']], [['']]))).toBe(
      '2024-01-01 00:00:00.000,""\n',
    )
  })

  it('come back unchanged through the CSV decoder', () => {
    const columns = [
      ['a', 'INTEGER'],
      ['s', 'VARCHAR(99)'],
      ['ts', 'TIMESTAMP'],
    ] as const
    const rows = [',', '"', '\n', '\r\n', 'a"b', ' blank ', '', 'é', '"quoted"'].map((text, i) => [i, text, i * 1_000])
    const text = encoded(new CsvLinesEncoder(), rowsOf(columns, rows))
    expect(decode(csvDecoder(columns), [text]).rows).toEqual(rows)
  })
})
