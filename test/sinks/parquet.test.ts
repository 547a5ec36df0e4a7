/** Parquet files as DuckDB reads them: values, types, statistics. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetMetadata } from 'hyparquet'
import { PageTypes } from 'hyparquet/src/constants.js'
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js'
import { snappyCompress } from 'hyparquet-writer/src/snappy.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSqlType, type RowBatch, type Schema, type SpanColumn, type Value } from '../../core/index.ts'
import { type ParquetCompression, pageCompressorOf } from '../../sinks/formats/parquet/codec.ts'
import type { WriterVersion } from '../../sinks/formats/parquet/column-chunk.ts'
import { PAGE_BYTES_MAX, PAGE_BYTES_MIN, ParquetBody } from '../../sinks/formats/parquet/parquet-body.ts'
import { parquetColumnsOf } from '../../sinks/formats/parquet/schema.ts'
import type { Problem } from '../../sinks/problem.ts'
import { seededRandom } from '../support/memory-env.ts'
import { batchesOf, duckdb } from './support/rows.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parquet-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function schemaOf(columns: Readonly<Record<string, string>>): Schema {
  return {
    columns: Object.entries(columns).map(([name, type]) => ({ name, type: parseSqlType(type), nullable: true })),
  }
}

interface WriteOptions {
  readonly compression?: ParquetCompression
  readonly dictionary?: boolean
  readonly rowtime?: boolean
  readonly writerVersion?: WriterVersion
}

/** Writes a file and gives its path as SQL text. */
async function written(
  name: string,
  schema: Schema,
  batches: readonly RowBatch[],
  { compression = 'SNAPPY', dictionary = true, rowtime = true, writerVersion = 'V1' }: WriteOptions = {},
): Promise<string> {
  const problems: Problem[] = []
  const columns = parquetColumnsOf(
    schema,
    { rowtimeColumn: rowtime ? 'ROWTIME' : null, columnNames: 'lower' },
    problems,
  )
  expect(problems).toEqual([])
  const compress = await pageCompressorOf(compression)
  const options = { columns, rowtime, compression, compress, pageBytes: 1 << 20, dictionary, writerVersion }
  const body = new ParquetBody(options)
  const parts: Uint8Array[] = []
  for (const batch of batches) {
    body.add(batch)
    parts.push(...body.drain())
  }
  parts.push(...body.finish())
  const path = join(directory, `${name}.parquet`)
  writeFileSync(path, Buffer.concat(parts))
  return `'${path}'`
}

const EVERY = schemaOf({
  TINY: 'TINYINT',
  SMALL: 'SMALLINT',
  WHOLE: 'INTEGER',
  BIG: 'BIGINT',
  SHORT_DECIMAL: 'DECIMAL(9,2)',
  LONG_DECIMAL: 'DECIMAL(18,4)',
  FINE_DECIMAL: 'DECIMAL(18,18)',
  SINGLE: 'REAL',
  DOUBLED: 'DOUBLE',
  YES: 'BOOLEAN',
  FIXED: 'CHAR(8)',
  TEXT: 'VARCHAR(64)',
  RAW: 'VARBINARY(16)',
  DAY_OF: 'DATE',
  TIME_OF: 'TIME',
  AT: 'TIMESTAMP',
})
const NULLS: readonly Value[] = EVERY.columns.map(() => null)
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
/** One row each, below and above and in between, at the edges of the types. */
const EDGES: readonly (readonly Value[])[] = [
  [
    -128,
    -32_768,
    -2_147_483_648,
    -(2n ** 63n),
    -999_999_999n,
    -999_999_999_999_999_999n,
    -1n,
    -1.5,
    -1e300,
    0,
    'a',
    '～',
    bytes(),
    -719_162 * 86_400_000,
    0,
    -62_135_596_800_000,
  ],
  NULLS,
  [
    127,
    32_767,
    2_147_483_647,
    2n ** 63n - 1n,
    999_999_999n,
    999_999_999_999_999_999n,
    999_999_999_999_999_999n,
    3.25,
    1e300,
    1,
    'zz',
    '😀',
    bytes(255, 255, 0),
    2_932_896 * 86_400_000,
    86_399_999,
    253_402_300_799_999,
  ],
  [0, 0, 0, 9_007_199_254_740_993n, 12n, 123_456_789_012_345_678n, 1n, 0, 0.1, 1, 'm', 'a', bytes(0), -1, 1, -1],
  [1, 2, 3, 4n, 5n, 6n, 7n, 0.5, Number.NaN, 0, '', '', bytes(128), 86_400_000, 43_200_000, 1_790_000_000_123],
]

describe('Parquet', () => {
  it('gives back every value of every type, and NULL, with every compression and with and without dictionaries', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => [i * 1_000, EDGES[i % EDGES.length] ?? []] as const)
    for (const compression of ['SNAPPY', 'GZIP', 'UNCOMPRESSED'] as const)
      for (const dictionary of [true, false]) {
        const file = await written('every', EVERY, batchesOf(EVERY, rows), { compression, dictionary })
        const got = await duckdb(`SELECT * EXCLUDE (raw), hex(raw) AS raw FROM ${file} ORDER BY rowtime LIMIT 5`)
        expect(got.map(row => Object.values(row))).toEqual([
          [
            '1970-01-01 00:00:00+00',
            '-128',
            '-32768',
            '-2147483648',
            '-9223372036854775808',
            '-9999999.99',
            '-99999999999999.9999',
            '-0.000000000000000001',
            '-1.5',
            '-1e+300',
            'false',
            'a',
            '～',
            '0001-01-01',
            '00:00:00',
            '0001-01-01 00:00:00+00',
            '',
          ],
          ['1970-01-01 00:00:01+00', ...EVERY.columns.map(() => null)],
          [
            '1970-01-01 00:00:02+00',
            '127',
            '32767',
            '2147483647',
            '9223372036854775807',
            '9999999.99',
            '99999999999999.9999',
            '0.999999999999999999',
            '3.25',
            '1e+300',
            'true',
            'zz',
            '😀',
            '9999-12-31',
            '23:59:59.999',
            '9999-12-31 23:59:59.999+00',
            'FFFF00',
          ],
          [
            '1970-01-01 00:00:03+00',
            '0',
            '0',
            '0',
            '9007199254740993',
            '0.12',
            '12345678901234.5678',
            '0.000000000000000001',
            '0',
            '0.1',
            'true',
            'm',
            'a',
            '1969-12-31',
            '00:00:00.001',
            '1969-12-31 23:59:59.999+00',
            '00',
          ],
          [
            '1970-01-01 00:00:04+00',
            '1',
            '2',
            '3',
            '4',
            '0.05',
            '0.0006',
            '0.000000000000000007',
            '0.5',
            'NaN',
            'false',
            '',
            '',
            '1970-01-02',
            '12:00:00',
            '2026-09-21 14:13:20.123+00',
            '80',
          ],
        ])
      }
  })

  it('has the types that readers expect', async () => {
    const file = await written('types', EVERY, batchesOf(EVERY, [[0, NULLS]]))
    const types = await duckdb(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${file})`)
    expect(Object.fromEntries(types.map(row => [row['column_name'], row['column_type']]))).toEqual({
      rowtime: 'TIMESTAMP WITH TIME ZONE',
      tiny: 'TINYINT',
      small: 'SMALLINT',
      whole: 'INTEGER',
      big: 'BIGINT',
      short_decimal: 'DECIMAL(9,2)',
      long_decimal: 'DECIMAL(18,4)',
      fine_decimal: 'DECIMAL(18,18)',
      single: 'FLOAT',
      doubled: 'DOUBLE',
      yes: 'BOOLEAN',
      fixed: 'VARCHAR',
      text: 'VARCHAR',
      raw: 'BLOB',
      day_of: 'DATE',
      time_of: 'TIME',
      at: 'TIMESTAMP WITH TIME ZONE',
    })
  })

  it('finds every row by a condition on any column, so that no statistics lie', async () => {
    // One row a row group would be ideal for wrong bounds; many files of few rows are the same for a reader.
    const random = seededRandom(7)
    for (let round = 0; round < 12; round++) {
      const chosen = random.shuffled(EDGES).slice(0, 1 + (round % EDGES.length))
      const file = await written(
        `where-${round}`,
        EVERY,
        batchesOf(
          EVERY,
          chosen.map((row, i) => [i, row]),
        ),
      )
      const all = await duckdb(`SELECT * EXCLUDE (raw), '\\x' || hex(raw) AS raw_hex FROM ${file}`)
      for (const { name } of EVERY.columns.filter(column => column.name !== 'RAW')) {
        const column = name.toLowerCase()
        for (const row of all) {
          const value = row[column] ?? null
          const where =
            value === null
              ? `"${column}" IS NULL`
              : `"${column}" = '${value}'::${column === 'doubled' ? 'DOUBLE' : 'VARCHAR'}`
          const direct = column === 'single' && value !== null ? `${column} = '${value}'::FLOAT` : where
          const found = await duckdb(`SELECT count(*) AS n FROM ${file} WHERE ${direct}`)
          const same = all.filter(other => (other[column] ?? null) === value).length
          expect({ column, value, n: found[0]?.['n'] }).toEqual({ column, value, n: String(same) })
        }
      }
    }
  })

  it('prunes by typed bounds in row groups that do not hold the value, and finds it in those that do', async () => {
    const schema = schemaOf({ N: 'BIGINT', S: 'VARCHAR(40)', D: 'DECIMAL(18,2)', AT: 'TIMESTAMP', X: 'DOUBLE' })
    const symbols = [
      '～',
      '😀',
      'a',
      'é',
      '\u{10ffff}',
      'Z',
      'a long text that is cut in statistics ～',
      'a long text that is cut in statistics 😀',
    ]
    const rows = Array.from({ length: 65_000 }, (_, i): [number, Value[]] => [
      i,
      [
        BigInt(i - 32_500) * 281_474_976_710_656n,
        `${symbols[i % 8]}${i < 32_000 ? '' : '!'}`,
        BigInt(i) * 10_000_000_000_001n - 3n,
        i * 86_400_000 - 1e12,
        i / 3 - 9_000,
      ],
    ])
    const file = await written('groups', schema, batchesOf(schema, rows))
    const groups = await duckdb(
      `SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata(${file}) ORDER BY 1`,
    )
    expect(groups.map(group => Number(group['row_group_num_rows']))).toEqual([20_480, 20_480, 20_480, 3_560])
    for (const i of [0, 1, 31_999, 32_000, 45_123, 64_999]) {
      const [, values] = rows[i] ?? [0, []]
      const [n, s, d, at, x] = values
      const decimal = `${(d as bigint) / 100n}.${String((d as bigint) < 0n ? -(d as bigint) % 100n : (d as bigint) % 100n).padStart(2, '0')}`
      for (const where of [
        `n = ${String(n)}`,
        `d = ${i === 0 ? '-0.03' : decimal}::DECIMAL(18,2)`,
        `"at" = TIMESTAMPTZ '${new Date(at as number).toISOString()}'`,
        `x BETWEEN ${(x as number) - 1e-6} AND ${(x as number) + 1e-6}`,
        `s = '${String(s)}' AND n = ${String(n)}`,
      ])
        expect([where, (await duckdb(`SELECT count(*) AS n FROM ${file} WHERE ${where}`))[0]?.['n']]).toEqual([
          where,
          '1',
        ])
    }
    for (const symbol of symbols)
      expect((await duckdb(`SELECT count(*) AS n FROM ${file} WHERE s = '${symbol}'`))[0]?.['n']).toBe('4000')
  })

  it('reads texts alike from dictionaries and spans, mixed in one row group', async () => {
    const schema = schemaOf({ S: 'VARCHAR(40)' })
    const texts = ['～', null, '😀', '', 'a', 'ü', 'a']
    const [plain] = batchesOf(
      schema,
      texts.map((text, i) => [i, [text]]),
    )
    expect(plain).toBeDefined()
    if (plain === undefined) return
    const utf8 = new TextEncoder()
    const encoded = texts.map(text => utf8.encode(`<${text ?? ''}>`))
    const offsets = encoded.map((_, i) => encoded.slice(0, i).reduce((size, part) => size + part.length, 1))
    const span: SpanColumn = {
      layout: 'span',
      bytes: new Uint8Array(Buffer.concat(encoded)),
      offsets: Int32Array.from(offsets),
      sizes: Int32Array.from(encoded, part => part.length - 2),
      nulls: Uint8Array.from(texts, text => (text === null ? 1 : 0)),
    }
    const spans: RowBatch = { ...plain, columns: [span] }
    const file = await written('mixed', schema, [plain, spans, plain])
    const got = await duckdb(`SELECT s FROM ${file}`)
    expect(got.map(row => row['s'])).toEqual([...texts, ...texts, ...texts])
    expect((await duckdb(`SELECT count(*) AS n FROM ${file} WHERE s = '😀'`))[0]?.['n']).toBe('3')
  })

  it('uses a dictionary where texts repeat and none where they do not', async () => {
    const schema = schemaOf({ FEW: 'VARCHAR(20)', MANY: 'VARCHAR(20)' })
    const rows = Array.from({ length: 5_000 }, (_, i): [number, Value[]] => [
      i,
      [`country-${i % 30}`, `id-${i}-${i * i}`],
    ])
    for (const [writerVersion, encoding] of [
      ['V1', ' PLAIN_DICTIONARY'],
      ['V2', ' RLE_DICTIONARY'],
    ] as const) {
      const file = await written('dictionary', schema, batchesOf(schema, rows), { writerVersion })
      const chunks = await duckdb(`SELECT path_in_schema AS name, encodings FROM parquet_metadata(${file})`)
      const encodings = Object.fromEntries(chunks.map(chunk => [chunk['name'], chunk['encodings'] ?? '']))
      expect(encodings['few']).toContain(encoding)
      expect(encodings['many']).not.toContain('DICTIONARY')
    }
  })

  it.each(['V1', 'V2'] as const)('has the pages of WriterVersion %s', async writerVersion => {
    const rows = EDGES.map((row, i): [number, readonly Value[]] => [i, row])
    const file = await written(`pages-${writerVersion}`, EVERY, batchesOf(EVERY, rows), { writerVersion })
    const bytes = new Uint8Array(readFileSync(file.slice(1, -1)))
    const metadata = parquetMetadata(bytes.buffer)
    expect(metadata.version).toBe(writerVersion === 'V1' ? 1 : 2)
    for (const { meta_data } of metadata.row_groups.flatMap(group => group.columns)) {
      const view = new DataView(bytes.buffer, Number(meta_data?.data_page_offset))
      const { field_1 } = deserializeTCompactProtocol({ view, offset: 0 })
      expect([meta_data?.path_in_schema, field_1]).toEqual([
        meta_data?.path_in_schema,
        PageTypes.indexOf(writerVersion === 'V1' ? 'DATA_PAGE' : 'DATA_PAGE_V2'),
      ])
    }
  })

  it('writes the same bytes for the same rows', async () => {
    const rows = EDGES.map((row, i): [number, readonly Value[]] => [i, row])
    const one = await written('same-1', EVERY, batchesOf(EVERY, rows))
    const two = await written('same-2', EVERY, batchesOf(EVERY, rows))
    const blobs = await duckdb(
      `SELECT (SELECT content FROM read_blob(${one})) = (SELECT content FROM read_blob(${two})) AS same`,
    )
    expect(blobs[0]?.['same']).toBe('true')
  })

  it('is read the same when the native snappy is not installed', async () => {
    const columns = parquetColumnsOf(EVERY, { rowtimeColumn: 'ROWTIME', columnNames: 'lower' }, [])
    const body = new ParquetBody({
      columns,
      rowtime: true,
      compression: 'SNAPPY',
      compress: snappyCompress,
      pageBytes: 65_536,
      dictionary: true,
    })
    const rows = Array.from({ length: 30_000 }, (_, i) => [i, EDGES[i % EDGES.length] ?? []] as const)
    const parts: Uint8Array[] = []
    for (const batch of batchesOf(EVERY, rows)) {
      body.add(batch)
      parts.push(...body.drain())
    }
    parts.push(...body.finish())
    const path = join(directory, 'fallback.parquet')
    writeFileSync(path, Buffer.concat(parts))
    const native = await written('native', EVERY, batchesOf(EVERY, rows))
    const [different] = await duckdb(
      `SELECT count(*) AS n FROM (SELECT * FROM '${path}' EXCEPT ALL SELECT * FROM ${native})`,
    )
    expect(different).toEqual({ n: '0' })
  })

  it('ends a row group early when its rows are wide, so that memory stays bounded', async () => {
    const schema = schemaOf({ S: 'VARCHAR(65534)' })
    const rows = Array.from({ length: 2_048 }, (_, i): [number, Value[]] => [i, [`${i}-${'x'.repeat(40_000)}`]])
    const file = await written('wide', schema, batchesOf(schema, rows))
    const groups = await duckdb(`SELECT DISTINCT row_group_id, row_group_num_rows AS n FROM parquet_metadata(${file})`)
    expect(groups).toHaveLength(2)
    expect((await duckdb(`SELECT sum(length(s)) AS n FROM ${file}`))[0]?.['n']).toBe(
      String(rows.reduce((sum, [, [text]]) => sum + String(text).length, 0)),
    )
  })

  it('encodes a page a step, so that whoever drains it can let others work in between', () => {
    const schema = schemaOf({ A: 'DOUBLE', B: 'VARCHAR(200)', C: 'INTEGER' })
    const columns = parquetColumnsOf(schema, { rowtimeColumn: null, columnNames: 'lower' }, [])
    const slices = (pageBytes: number): number[] => {
      const options = {
        columns,
        rowtime: false,
        compression: 'UNCOMPRESSED',
        compress: null,
        dictionary: true,
      } as const
      const body = new ParquetBody({ ...options, pageBytes })
      const sizes: number[] = []
      const rows = Array.from({ length: 20_000 }, (_, i): [number, Value[]] => [
        i,
        [i / 7, `${i}`.padEnd(150, 'x'), i % 10],
      ])
      for (const batch of batchesOf(schema, rows)) {
        body.add(batch)
        for (const part of body.drain()) sizes.push(part.length)
      }
      for (const part of body.finish()) sizes.push(part.length)
      return sizes
    }
    // DOUBLE and VARCHAR go plainly, INTEGER as a dictionary and its indexes; the footer comes last.
    const fine = slices(PAGE_BYTES_MIN)
    const doublePages = Math.ceil((20_480 * 8) / PAGE_BYTES_MIN)
    const textPages = Math.ceil(20_000 / Math.floor(PAGE_BYTES_MIN / 154))
    expect(fine).toHaveLength(doublePages + textPages + 2 + 1)
    expect(Math.max(...fine)).toBeLessThan(PAGE_BYTES_MIN + 1_024)
    // However large the pages that somebody asks for: a step stays short.
    const coarse = slices(1 << 30)
    expect(Math.max(...coarse)).toBeLessThan(PAGE_BYTES_MAX + 1_024)
    expect(coarse).toHaveLength(1 + Math.ceil((20_000 * 154) / PAGE_BYTES_MAX) + 2 + 1)
  })

  it('names its writer in the footer, and marks timestamps in both ways', async () => {
    const file = await written('footer', EVERY, batchesOf(EVERY, [[0, NULLS]]))
    const blob = await duckdb(`SELECT to_base64(content) AS b FROM read_blob(${file})`)
    const whole = Uint8Array.from(Buffer.from(blob[0]?.['b'] ?? '', 'base64'))
    const metadata = parquetMetadata(whole.buffer)
    expect(metadata.created_by).toMatch(/^millrace version /)
    expect(metadata.schema.find(element => element.name === 'at')).toMatchObject({
      type: 'INT64',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    })
  })

  it('refuses columns that readers would confuse and types that have no place', () => {
    const problems: Problem[] = []
    const schema: Schema = {
      columns: [
        { name: 'Price', type: { kind: 'DOUBLE' }, nullable: true },
        { name: 'PRICE', type: { kind: 'DOUBLE' }, nullable: true },
        { name: 'rowtime', type: { kind: 'DOUBLE' }, nullable: true },
        { name: 'SPAN', type: { kind: 'INTERVAL', from: 'DAY', to: 'DAY' }, nullable: true },
      ],
    }
    parquetColumnsOf(schema, { rowtimeColumn: 'ROWTIME', columnNames: 'stored' }, problems)
    expect(problems.map(problem => problem.message)).toEqual([
      expect.stringContaining('"Price" and "PRICE"'),
      expect.stringContaining('"ROWTIME" and "rowtime"'),
      expect.stringContaining('INTERVAL DAY'),
    ])
  })
})
