/** Whole deliveries to Parquet, proven by DuckDB: every row, every statistic, every filter. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { glueTableOf } from '../../../sinks/conversion/glue-table.ts'
import { ParquetConversion, type ParquetConversionOptions } from '../../../sinks/conversion/parquet-conversion.ts'
import { definitionPlanOf } from '../../../sinks/definition/definition.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { START } from '../pipeline/world.ts'
import { CONVERSION, extendedS3, type Json } from '../support/definitions.ts'
import { EVERY_PLAIN_TYPE } from '../support/every-type.ts'
import { duckdb } from '../support/rows.ts'

/** Rows of the generated file; a million takes about a minute. */
const ROWS = Number(process.env['MILLRACE_PARQUET_ROWS'] ?? 41_000)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-proof-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Delivers records and gives the objects as SQL text, with the records that were scanned. */
async function delivered(
  name: string,
  types: Readonly<Record<string, string>>,
  records: Iterable<string>,
  options: ParquetConversionOptions = {},
  ParquetSerDe: Json = {},
): Promise<{ readonly from: string; readonly files: readonly string[]; readonly scanned: number }> {
  const definition = extendedS3({
    DataFormatConversionConfiguration: {
      ...(CONVERSION['DataFormatConversionConfiguration'] as Json),
      OutputFormatConfiguration: { Serializer: { ParquetSerDe } },
    },
  }) as DeliveryStreamDefinition
  const plan = definitionPlanOf(definition).conversion
  if (plan === null) throw new Error('the definition converts')
  const Columns = Object.entries(types).map(([Name, Type]) => ({ Name, Type }))
  const conversion = new ParquetConversion(glueTableOf({ Name: name, StorageDescriptor: { Columns } }), plan, options)
  const lake = new MemoryStore()
  const stream = new DeliveryStream(
    { definition },
    { clock: new SimClock(START), random: seededRandom(1), store: () => lake },
    conversion,
  )
  let batch: { data: Uint8Array }[] = []
  for (const record of records) {
    batch.push({ data: Buffer.from(record) })
    if (batch.length === 1_000) await stream.write(batch.splice(0))
  }
  await stream.write(batch)
  await stream.close()
  const files = [...lake.objects.values()].map((body, index) => {
    const file = join(folder, `${name}-${String(index).padStart(4, '0')}.parquet`)
    writeFileSync(file, body)
    return file
  })
  expect([...lake.objects.keys()].every(key => key.endsWith('.parquet'))).toBe(true)
  const list = files.map(file => `'${file}'`).join(', ')
  return { from: `read_parquet([${list}])`, files, scanned: conversion.scanCounts?.kept ?? 0 }
}

/** Columns by row group whose statistics are not the least and the greatest value, and the number of NULLs, that are there. */
async function lies(file: string, columns: readonly string[]): Promise<readonly string[]> {
  const groups = await duckdb(
    `SELECT path_in_schema AS c, row_group_id AS g, any_value(row_group_num_rows) AS n, any_value(stats_min_value) AS least, any_value(stats_max_value) AS greatest, any_value(stats_null_count) AS nulls FROM parquet_metadata('${file}') GROUP BY ALL ORDER BY c, g`,
  )
  const wrong: string[] = []
  let looked = 0
  for (const column of columns) {
    let start = 0
    for (const { c, g, n, least, greatest, nulls } of groups) {
      if (c !== column) continue
      const end = start + Number(n)
      // Text of DuckDB on both sides; statistics come as text of the column's type.
      const [actual] = await duckdb(
        `SELECT min("${c}") AS least, max("${c}") AS greatest, count(*) - count("${c}") AS nulls, (min("${c}") IS NULL OR min("${c}") = ${cast(least, c)}) AND (max("${c}") IS NULL OR max("${c}") = ${cast(greatest, c)}) AS same FROM read_parquet('${file}', file_row_number = true) WHERE file_row_number >= ${start} AND file_row_number < ${end}`,
      )
      if (actual?.['same'] !== 'true' || actual['nulls'] !== nulls)
        wrong.push(`${c} of row group ${g}: ${least}..${greatest}, ${nulls} NULLs; there are ${JSON.stringify(actual)}`)
      start = end
      looked++
    }
  }
  expect(looked).toBeGreaterThanOrEqual(columns.length)
  return wrong

  function cast(text: string | null | undefined, column: string): string {
    return text === null || text === undefined
      ? 'NULL'
      : `'${text.replaceAll("'", "''")}'::${typesOf.get(column) ?? 'VARCHAR'}`
  }
}
const typesOf = new Map<string, string>()

describe('a generated file', () => {
  const TYPES = {
    id: 'bigint',
    slot: 'int',
    name: 'string',
    price: 'decimal(12,2)',
    big: 'decimal(30,3)',
    ratio: 'double',
    seen: 'timestamp',
    day: 'date',
    ok: 'boolean',
  }
  const BASE = Date.UTC(2026, 0, 1)

  function* records(): Generator<string> {
    for (let i = 0; i < ROWS; i++) {
      const name = i % 7 === 0 ? null : `n${i % 1_000}~é😀`
      const at = new Date(BASE + i * 1_000).toISOString()
      const text = JSON.stringify({
        id: i * 3 - 1_000,
        slot: i % 3 === 0 ? null : (i * 7_919) % 100_003,
        name,
        price: i / 4,
        big: -i,
        ratio: i / 8,
        seen: `${at.slice(0, 10)} ${at.slice(11, 19)}`,
        day: at.slice(0, 10),
        ok: i % 2 === 0,
      })
      // Some are not as others are, and some have nothing of all that.
      yield i % 97 === 0
        ? text.replace('"id":', '"ID":"').replace(',"slot"', '","Slot"')
        : i % 1_009 === 0
          ? `{"id":${i * 3 - 1_000}}`
          : text
    }
  }
  const EXPECTED = `SELECT i * 3 - 1000 AS id, ${[
    'CASE WHEN i % 3 = 0 THEN NULL ELSE (i * 7919) % 100003 END AS slot',
    "CASE WHEN i % 7 = 0 THEN NULL ELSE 'n' || (i % 1000) || '~é😀' END AS name",
    '(i * 25)::DECIMAL(20,0) / 100 AS price',
    '-i AS big',
    'i / 8 AS ratio',
    `epoch_ms(${BASE} + i * 1000) AS seen`,
    `epoch_ms(${BASE} + i * 1000)::DATE AS day`,
    'i % 2 = 0 AS ok',
  ]
    .map(column => {
      const [value, name] = column.split(' AS ')
      return `CASE WHEN i % 97 <> 0 AND i % 1009 = 0 THEN NULL ELSE ${value} END AS ${name}`
    })
    .join(', ')} FROM (SELECT range AS i FROM range(${ROWS}))`

  it('has every row in its place, prunes by true statistics and finds values by its filters', async () => {
    const { from, files, scanned } = await delivered('generated', TYPES, records(), {
      bloomFilterColumns: ['name', 'slot', 'BIG'],
      bloomFilterFalsePositives: 0.01,
    })
    expect(scanned).toBeGreaterThan(ROWS * 0.9)
    const differs = Object.keys(TYPES)
      .map(name =>
        name === 'seen' ? 'epoch_ms(a.seen) IS DISTINCT FROM epoch_ms(b.seen)' : `a.${name} IS DISTINCT FROM b.${name}`,
      )
      .join(' OR ')
    expect(
      await duckdb(
        `SELECT count(*) AS n, count(*) FILTER (WHERE ${differs}) AS different FROM (SELECT * FROM ${from}) a POSITIONAL JOIN (${EXPECTED}) b`,
      ),
    ).toEqual([{ n: String(ROWS), different: '0' }])

    for (const [name, type] of Object.entries(TYPES))
      typesOf.set(name, name === 'seen' ? 'TIMESTAMPTZ' : type.replace('string', 'VARCHAR'))
    for (const file of files) expect(await lies(file, Object.keys(TYPES))).toEqual([])
    // A value of each column: as many rows as it has where nothing is left out.
    for (const name of Object.keys(TYPES))
      for (const row of [5, Math.floor(ROWS / 2), ROWS - 2]) {
        const [first] = await duckdb(`SELECT ${name}::VARCHAR AS v FROM (${EXPECTED}) OFFSET ${row} LIMIT 1`)
        const text = first?.['v']
        const is = (type = ''): string =>
          text === null || text === undefined ? `${name} IS NULL` : `${name} = '${text}'::${type}`
        const [counts] = await duckdb(
          `SELECT (SELECT count(*) FROM ${from} WHERE ${is(typesOf.get(name))}) AS found, (SELECT count(*) FROM (${EXPECTED}) WHERE ${is(name === 'seen' ? 'TIMESTAMP' : typesOf.get(name))}) AS there`,
        )
        expect([name, text, counts?.['found']]).toEqual([name, text, counts?.['there']])
        expect(counts?.['there']).not.toBe('0')
      }
    // A reader that trusts the statistics, and one that cannot use them.
    for (const id of [-1_000, 2, 3 * 20_000 - 1_000, 3 * (ROWS - 1) - 1_000, 7])
      expect(
        await duckdb(
          `SELECT (SELECT count(*) FROM ${from} WHERE id = ${id}) AS pruned, (SELECT count(*) FROM ${from} WHERE id + 0 = ${id}) AS whole`,
        ),
      ).toEqual([{ pruned: id === 7 ? '0' : '1', whole: id === 7 ? '0' : '1' }])

    // By row group of all files.
    const probe = async (column: string, value: string): Promise<readonly string[]> => {
      const excludes: string[] = []
      for (const file of files)
        for (const { e } of await duckdb(
          `SELECT bloom_filter_excludes AS e FROM parquet_bloom_probe('${file}', '${column}', ${value})`,
        ))
          excludes.push(String(e))
      return excludes
    }
    // What is there is not excluded: this name is in the first two row groups.
    expect((await probe('name', "'n5~é😀'")).slice(0, 2)).toEqual(['false', 'false'])
    expect(new Set(await probe('slot', String(7_919)))).toContain('false')
    expect(new Set(await probe('big', '(-1)::DECIMAL(30,3)'))).toContain('false')
    let excluded = 0
    for (let i = 0; i < 50; i++) excluded += (await probe('name', `'absent ${i}'`)).filter(e => e === 'true').length
    const groups = (await probe('name', "'x'")).length
    expect(groups).toBeGreaterThanOrEqual(Math.floor(ROWS / 20_000))
    expect(excluded).toBeGreaterThan(50 * groups * 0.9)
  }, 600_000)

  it('refuses filters that cannot be', async () => {
    await expect(delivered('no', TYPES, [], { bloomFilterColumns: ['ok', 'nope'] })).rejects.toThrow(
      'Bloom filters cannot be made:\n  column "ok" is a boolean, of which there are but two\n  column "nope" is not in the table',
    )
  })
})

describe('Zstandard', () => {
  const few = Array.from({ length: 500 }, (_, i) => `{"id":${i},"name":"n${i % 9}"}`)
  const compressed = (): ReturnType<typeof delivered> =>
    delivered('zstd', { id: 'bigint', name: 'string' }, few, { compression: 'ZSTD' })

  it('is in the pages where Node has it, and refused by name elsewhere', async () => {
    if (!('zstdCompressSync' in zlib)) {
      await expect(compressed()).rejects.toThrow('Parquet compression ZSTD: Node has it from 22.15 on')
      return
    }
    const { from, files } = await compressed()
    expect(await duckdb(`SELECT count(*) AS n, sum(id) AS ids FROM ${from} WHERE name = 'n4'`)).toEqual([
      { n: '56', ids: String(few.reduce((sum, _, i) => sum + (i % 9 === 4 ? i : 0), 0)) },
    ])
    expect(await duckdb(`SELECT DISTINCT compression AS c FROM parquet_metadata('${files[0]}')`)).toEqual([
      { c: 'ZSTD' },
    ])
  })
})

describe('extremes of every type', () => {
  const TYPES = EVERY_PLAIN_TYPE
  /** By column: JSON, and the SQL of the same value. */
  const VALUES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    yes: [
      ['true', 'true'],
      ['false', 'false'],
    ],
    tiny: [
      ['-128', '-128'],
      ['127', '127'],
    ],
    small: [
      ['-32768', '-32768'],
      ['32767', '32767'],
    ],
    whole: [
      ['-2147483648', '-2147483648'],
      ['2147483647', '2147483647'],
    ],
    big: [
      ['-9223372036854775808', '(-9223372036854775808)::BIGINT'],
      ['9223372036854775807', '9223372036854775807'],
      ['9007199254740993', '9007199254740993'],
    ],
    single: [
      ['-3.4028235e38', "'-3.4028235e38'::FLOAT"],
      ['1e-45', "'1e-45'::FLOAT"],
    ],
    double: [
      ['1.7976931348623157e308', '1.7976931348623157e308::DOUBLE'],
      ['5e-324', '5e-324::DOUBLE'],
      ['-0.0', '0::DOUBLE'],
    ],
    text: [
      ['""', "''"],
      ['"\\u0000"', 'chr(0)'],
      ['"😀\\uffff"', "'😀' || chr(65535)"],
      [JSON.stringify('z'.repeat(70_000)), "repeat('z', 70000)"],
    ],
    short: [
      ['"üüüü"', "'üüü'"],
      ['"a😀bc"', "'a😀b'"],
    ],
    raw: [
      ['"AP8="', "'\\x00\\xFF'::BLOB"],
      ['""', "''::BLOB"],
    ],
    day: [
      ['"0001-01-01"', "'0001-01-01'::DATE"],
      ['"9999-12-31"', "'9999-12-31'::DATE"],
      ['"0099-02-28"', "'0099-02-28'::DATE"],
    ],
    seen: [
      ['"0001-01-01 00:00:00"', "'0001-01-01 00:00:00+00'::TIMESTAMPTZ"],
      ['"9999-12-31T23:59:59.999Z"', "'9999-12-31 23:59:59.999+00'::TIMESTAMPTZ"],
      ['-1.5', "'1969-12-31 23:59:58.5+00'::TIMESTAMPTZ"],
    ],
    fee: [
      ['-9999999.99', '-9999999.99'],
      ['9999999.99', '9999999.99'],
    ],
    price: [
      ['-99999999999999.9999', '-99999999999999.9999'],
      ['99999999999999.9999', '99999999999999.9999'],
    ],
    sum: [
      ['-99999999999999999999999999999999.999999', '(-99999999999999999999999999999999.999999)::DECIMAL(38,6)'],
      ['99999999999999999999999999999999.999999', '99999999999999999999999999999999.999999::DECIMAL(38,6)'],
      ['-0.000001', '(-0.000001)::DECIMAL(38,6)'],
    ],
  }

  it('are found by a WHERE on their column, NULLs too, and hyparquet reads as many', async () => {
    const records = Array.from({ length: 12 }, (_, row) => {
      const members = Object.entries(VALUES).map(([name, values]) => `"${name}":${values[row % 4]?.[0] ?? 'null'}`)
      return `{${members.join(',')}}`
    })
    const { from, files } = await delivered('extremes', TYPES, records, {
      bloomFilterColumns: ['text', 'big', 'sum', 'day'],
    })
    for (const [name, values] of Object.entries(VALUES)) {
      for (const [json, sql] of values)
        expect([name, json, await duckdb(`SELECT count(*) AS n FROM ${from} WHERE "${name}" = ${sql}`)]).toEqual([
          name,
          json,
          [{ n: '3' }],
        ])
      expect([name, await duckdb(`SELECT count(*) AS n FROM ${from} WHERE "${name}" IS NULL`)]).toEqual([
        name,
        [{ n: String(12 - values.length * 3) }],
      ])
      typesOf.set(name, TYPES[name as keyof typeof TYPES].replace('string', 'VARCHAR'))
    }
    typesOf.set('seen', 'TIMESTAMPTZ')
    const [path = ''] = files
    // DuckDB shows bounds of these as escaped bytes, or cut.
    expect(
      await lies(
        path,
        Object.keys(TYPES).filter(name => !['raw', 'text', 'short'].includes(name)),
      ),
    ).toEqual([])
    const bytes = readFileSync(path)
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    const rows = await parquetReadObjects({ file })
    expect(rows.map(row => row['whole'])).toEqual(
      Array.from({ length: 12 }, (_, row) => [-2_147_483_648, 2_147_483_647, null, null][row % 4]),
    )
    expect(rows[3]?.['text']).toBe('z'.repeat(70_000))
  })
})

describe('nested values', () => {
  const TYPES = {
    id: 'bigint',
    tags: 'array<string>',
    grid: 'array<array<int>>',
    home: 'struct<city:string,at:struct<x:double,y:decimal(20,2)>>',
    counts: 'map<string,bigint>',
    stops: 'array<struct<name:string,hours:map<string,array<timestamp>>>>',
  }
  /** DuckDB's own types for the same. */
  const DUCKDB = `{id: 'BIGINT', tags: 'VARCHAR[]', grid: 'INTEGER[][]', home: 'STRUCT(city VARCHAR, "at" STRUCT(x DOUBLE, y DECIMAL(20,2)))', counts: 'MAP(VARCHAR, BIGINT)', stops: 'STRUCT("name" VARCHAR, hours MAP(VARCHAR, TIMESTAMPTZ[]))[]'}`
  const NESTED_ROWS = Math.min(ROWS, 23_000)
  const optional = (i: number, every: number, value: unknown): unknown => (i % every === 0 ? null : value)
  const rows = Array.from({ length: NESTED_ROWS }, (_, i) => ({
    id: i,
    tags: optional(
      i,
      11,
      Array.from({ length: i % 4 }, (_item, at) => optional(i + at, 5, `t${(i * 7 + at) % 900}~é😀`)),
    ),
    grid: optional(
      i,
      13,
      Array.from({ length: i % 3 }, (_list, at) =>
        optional(
          i + at,
          7,
          Array.from({ length: (i + at) % 5 }, (_item, n) => optional(n, 3, i * n)),
        ),
      ),
    ),
    home: optional(i, 6, {
      city: optional(i, 5, `c${i % 40}`),
      at: optional(i, 4, { x: i / 8, y: optional(i, 9, i / 4) }),
    }),
    counts: optional(
      i,
      8,
      Object.fromEntries(Array.from({ length: i % 3 }, (_item, n) => [`k${n}`, optional(i, 10, n * i)])),
    ),
    stops: optional(
      i,
      3,
      Array.from({ length: i % 3 }, (_item, n) =>
        optional(i + n, 4, {
          name: `s${n}`,
          hours: optional(
            i,
            5,
            i % 2 === 0 ? {} : { mon: [`2026-11-0${1 + (i % 9)} 10:00:00`, null], tue: null, wed: [] },
          ),
        }),
      ),
    ),
  }))

  it.each([
    ['V1', 'GZIP', 65_536, true],
    ['V2', 'SNAPPY', 65_536, true],
    ['V1', 'UNCOMPRESSED', 1_048_576, false],
    ['V2', 'GZIP', 1_048_576, true],
  ])('are those that DuckDB reads from the JSON: WriterVersion %s, %s, pages of %d', async (WriterVersion, Compression, PageSizeBytes, EnableDictionaryCompression) => {
    const name = `nested-${WriterVersion}-${Compression}`
    const { from, files, scanned } = await delivered(
      name,
      TYPES,
      rows.map(row => JSON.stringify(row)),
      {},
      {
        WriterVersion,
        Compression,
        PageSizeBytes,
        EnableDictionaryCompression,
      },
    )
    expect(scanned).toBeGreaterThan(NESTED_ROWS * 0.9)
    const plain = join(folder, 'nested.json')
    writeFileSync(plain, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
    const source = `read_json('${plain}', format = 'newline_delimited', columns = ${DUCKDB})`
    const differs = Object.keys(TYPES)
      .map(column => `a.${column} IS DISTINCT FROM b.${column}`)
      .join(' OR ')
    expect(
      await duckdb(
        `SET TimeZone = 'UTC'; SELECT count(*) AS n, count(*) FILTER (WHERE ${differs}) AS different FROM (SELECT * FROM ${from}) a POSITIONAL JOIN (SELECT * FROM ${source}) b`,
      ),
    ).toEqual([{ n: String(NESTED_ROWS), different: '0' }])
    // Where statistics may leave row groups out, on both sides alike.
    for (const where of [
      "list_contains(tags, 't893~é😀')",
      'grid[1][2] = 8',
      "home.city = 'c7'",
      'home."at".x = 1.125',
      "counts['k1'] = 5",
      'home."at".y IS NULL',
      "stops[1].name = 's0'",
    ]) {
      const there = await duckdb(`SELECT count(*) AS n FROM ${source} WHERE ${where}`)
      expect([where, await duckdb(`SELECT count(*) AS n FROM ${from} WHERE ${where}`)]).toEqual([where, there])
      expect([where, there[0]?.['n']]).not.toEqual([where, '0'])
    }
    const bytes = readFileSync(files[0] ?? '')
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    const read = await parquetReadObjects({
      file,
      compressors: { GZIP: page => zlib.gunzipSync(page) },
      rowStart: 0,
      rowEnd: 500,
    })
    // To hyparquet a NULL list is undefined.
    const lists = (of: readonly Record<string, unknown>[]): string =>
      JSON.stringify(of.map(({ grid, tags }) => [grid ?? null, tags ?? null]))
    expect(lists(read)).toBe(lists(rows.slice(0, 500)))
  })
})

const REQUESTS = ['nasa_19950701', 'nasa_19950801'].map(
  name => new URL(`../../../../shared/data/nasa-http-1995/${name}.tsv.gz`, import.meta.url),
)
const hasRequests = REQUESTS.every(file => existsSync(file))
if (!hasRequests) console.log('skipped: requests of 1995 as Parquet; they need the data sets beside the project')

describe.runIf(hasRequests)('requests to a web server of 1995', () => {
  it('are in the objects as they are in the file, row by row', async () => {
    const names = ['host', 'logname', 'time', 'method', 'url', 'response', 'bytes']
    const lines = REQUESTS.flatMap(file =>
      zlib.gunzipSync(readFileSync(file)).toString('latin1').trimEnd().split('\n').slice(1),
    )
    expect(lines.length).toBe(19_998)
    const rows = lines.map(line =>
      Object.fromEntries(
        line
          .split('\t')
          .slice(0, names.length)
          .map((cell, i) => [names[i], cell]),
      ),
    )
    const plain = join(folder, 'nasa.json')
    writeFileSync(plain, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
    const numbered = rows.map(({ time, response, bytes, ...row }) =>
      JSON.stringify({ ...row, time: Number(time), response: Number(response), bytes: Number(bytes) }),
    )
    const types = {
      ...Object.fromEntries(names.map(name => [name, 'string'])),
      time: 'timestamp',
      response: 'int',
      bytes: 'bigint',
    }
    const { from, scanned } = await delivered('nasa', types, numbered)
    expect(scanned).toBeGreaterThan(19_000)
    const source = `read_json('${plain}', format = 'newline_delimited', columns = {${names.map(name => `${name}: 'VARCHAR'`).join(', ')}})`
    const cells = names.map(
      name => `${name === 'time' ? 'epoch(a.time)::BIGINT' : `a.${name}`}::VARCHAR IS DISTINCT FROM b.${name}`,
    )
    expect(
      await duckdb(
        `SELECT count(*) AS n, count(*) FILTER (WHERE ${cells.join(' OR ')}) AS different FROM (SELECT * FROM ${from}) a POSITIONAL JOIN (SELECT * FROM ${source}) b`,
      ),
    ).toEqual([{ n: '19998', different: '0' }])
  })
})
