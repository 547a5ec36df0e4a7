/** Record format conversion: JSON by a Glue table into Parquet that DuckDB and hyparquet read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { MEBIBYTE } from '../../../core/index.ts'
import { NumberText, parseExactJson } from '../../../sinks/conversion/exact-json.ts'
import { type GlueTable, glueTableOf } from '../../../sinks/conversion/glue-table.ts'
import { hiveTypeOf } from '../../../sinks/conversion/hive-type.ts'
import { JsonConverter } from '../../../sinks/conversion/json-converter.ts'
import { ParquetConversion } from '../../../sinks/conversion/parquet-conversion.ts'
import { hiveTimestamp, openxTimestamp } from '../../../sinks/conversion/timestamps.ts'
import { definitionPlanOf } from '../../../sinks/definition/definition.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import type { StreamRecord } from '../../../sinks/pipeline/record.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { errorsIn, put, START } from '../pipeline/world.ts'
import { CONVERSION, extendedS3, type Json } from '../support/definitions.ts'
import { duckdb } from '../support/rows.ts'
import { BAD, CONVERTED_VALUES } from './values.ts'

const table = (columns: Readonly<Record<string, string>>): GlueTable =>
  glueTableOf({
    Table: {
      Name: 'clicks',
      StorageDescriptor: { Columns: Object.entries(columns).map(([Name, Type]) => ({ Name, Type })) },
    },
  })

const record = (text: string): StreamRecord => {
  const data = Buffer.from(text)
  return { recordId: '1', number: 0, data, rawData: data, arrivedAt: START, source: null, lambdaKeys: {} }
}

const OPENX = { kind: 'openx', caseInsensitive: true, dotsToUnderscores: false, mappings: {} } as const
const HIVE = { kind: 'hive', timestampFormats: [] } as const

/** The value of column `c`, or the code of what is wrong. */
function converted(type: string, json: string, deserializer: typeof OPENX | typeof HIVE): unknown {
  const result = new JsonConverter(table({ c: type }).columns, deserializer).convert(record(`{"c":${json}}`), 0)
  return 'failed' in result ? result.failed.code : result.rows[0]?.['c']
}

describe('values', () => {
  it.each(CONVERTED_VALUES)('%s of %s', (type, json, openx, hive) => {
    expect(converted(type, json, OPENX)).toEqual(openx)
    expect(converted(type, json, HIVE)).toEqual(hive)
  })

  it('are told where they do not fit', () => {
    const converter = new JsonConverter(table({ a: 'array<struct<b:int>>' }).columns, OPENX)
    expect(converter.convert(record('{"a":[{"b":1},{"b":"x"}]}'), 0)).toMatchObject({
      failed: { code: BAD, message: 'a[1].b: "x" is no int' },
    })
  })

  it.each([
    ['', BAD],
    [' \n', BAD],
    ['7', BAD],
    ['[{"a":1}]', BAD],
    ['{"a":', 'DataFormatConversion.ParseError'],
    ['null', BAD],
  ])('record %j is an error record', (text, code) => {
    const converter = new JsonConverter(table({ a: 'int' }).columns, OPENX)
    expect(converter.convert(record(text), 0)).toMatchObject({ failed: { code, type: 'format-conversion-failed' } })
  })

  it.each<[string, unknown]>([
    ['{"a":1}{"a":2}', [1, 2]],
    [' {"a":1}\n{"a":"2"} \r\n\t{} ', [1, 2, null]],
    ['{"a":1}{"x":"}{"}{"a":3}', [1, null, 3]],
    ['{"a":1}{"a":"x"}', 'document 2: a: "x" is no int'],
    ['{"a":1}[{"a":2}]', 'document 2 is an array and no object'],
    ['{"a":1} 7', 'document 2 is a number and no object'],
    ['{"a":1},{"a":2}', 'document 2 is no JSON'],
    ['{"a":1}{"a":', 'document 2 is no JSON: it does not end'],
    ['{"a":1} 7 {"a":', 'document 2 is a number and no object'],
    ['7 {"a":1}', 'document 1 is a number and no object'],
    ['{"a":1}}', 'document 2 is no JSON'],
    ['{"a":01}', 'the record is no JSON'],
    // Documents that are too many are not read, good or not.
    [`${'{}'.repeat(10_001)}]`, 'the record has more than 10000 documents'],
    [`{"x":${'['.repeat(64)}${']'.repeat(64)}}`, 'the record nests more than 64 deep'],
  ])('the documents of record %.40j are rows each, or none is', (text, wanted) => {
    const result = new JsonConverter(table({ a: 'int' }).columns, OPENX).convert(record(text), 0)
    if ('rows' in result) expect(result.rows.map(row => row['a'])).toEqual(wanted)
    else expect(result.failed.message).toContain(wanted)
  })

  it('take names by the options of OpenX', () => {
    const columns = table({ a_b: 'int', target: 'string', mixed: 'int' }).columns
    const deserializer = { ...OPENX, dotsToUnderscores: true, mappings: { target: 'Source' } }
    expect(new JsonConverter(columns, deserializer).convert(record('{"a.b":1,"source":"x","MIXED":2}'), 0)).toEqual({
      rows: [{ a_b: 1, target: 'x', mixed: 2 }],
    })
    expect(
      new JsonConverter(columns, { ...deserializer, caseInsensitive: false }).convert(
        record('{"Source":"x","MIXED":2}'),
        0,
      ),
    ).toEqual({
      rows: [{ a_b: null, target: 'x', mixed: null }],
    })
  })

  it('read timestamps in Joda formats, one after the other', () => {
    const read = hiveTimestamp(["yyyy-MM-dd'T'HH:mm:ss.SSSZ", 'dd/MMM/yyyy:hh:mm:ss a', 'millis'])
    expect(read('2026-11-22T23:59:59.500+01:00')).toBe(Date.UTC(2026, 10, 22, 22, 59, 59, 500))
    expect(read('22/Nov/2026:11:59:59 PM')).toBe(Date.UTC(2026, 10, 22, 23, 59, 59))
    expect(read('1795391999123')).toBe(1795391999123)
    expect(read('yesterday')).toBeNull()
    expect(() => hiveTimestamp(['yyyy-MM-dd G'])).toThrow('the letter "G" is not known')
    expect(openxTimestamp('2026-13-01 00:00:00')).toBeNull()
  })
})

describe('types and tables', () => {
  it.each([
    'map<struct<a:int>,int>',
    'decimal(39,0)',
    'decimal(4,5)',
    'array<int',
    'struct<a:int,a:int>',
    'uniontype<int>',
    'int int',
    `${'array<'.repeat(40)}int${'>'.repeat(40)}`,
  ])('%s is refused', type => {
    expect(typeof hiveTypeOf(type)).toBe('string')
  })

  it('tell every column that cannot be used', () => {
    expect(() => table({ a: 'int', A: 'int', b: 'uniontype<int>' })).toThrow(
      'table "clicks" cannot be written as Parquet:\n  column "A" stands twice, as names ignore case\n  column "b": unknown type "uniontype"',
    )
    expect(() => glueTableOf({})).toThrow('aws glue get-table')
  })
})

describe('a serializer', () => {
  const planOf = (Serializer: Json): ReturnType<typeof definitionPlanOf> =>
    definitionPlanOf(
      extendedS3({
        DataFormatConversionConfiguration: {
          ...(CONVERSION['DataFormatConversionConfiguration'] as Json),
          OutputFormatConfiguration: { Serializer },
        },
      }) as DeliveryStreamDefinition,
    )

  it('of ORC is refused with what to do', () => {
    expect(() => planOf({ OrcSerDe: {} })).toThrow(
      /OutputFormatConfiguration\.Serializer\.OrcSerDe.*ORC files cannot be written here.*give ParquetSerDe in place of OrcSerDe/,
    )
  })

  it('of Parquet writes pages of version 1 unless it is told otherwise', () => {
    expect(planOf({ ParquetSerDe: {} }).conversion?.parquet.writerVersion).toBe('V1')
    expect(planOf({ ParquetSerDe: { WriterVersion: 'V2' } }).conversion?.parquet.writerVersion).toBe('V2')
    expect(() => planOf({ ParquetSerDe: { WriterVersion: 'V3' } })).toThrow(/'V3' at .*writerVersion/i)
  })
})

describe('exact JSON', () => {
  it('is JSON.parse but for long numbers', () => {
    const text =
      '{"a":[1,-2.5e3,{"b":"\\"]}, 12345678901234567"}],"n":12345678901234567890,"t":true,"x":null,"__proto__":1}'
    expect(parseExactJson(text)).toEqual({
      ...(JSON.parse(text) as Json),
      n: new NumberText('12345678901234567890'),
      ['__proto__']: 1,
    })
    expect(() => parseExactJson('{"a":12345678901234567890')).toThrow(SyntaxError)
  })

  it('has strings as long as a record may be', () => {
    const long = 'x'.repeat(10 * MEBIBYTE)
    const value = parseExactJson(`{"a":["${long}\\"", 12345678901234567890]}`) as { readonly a: readonly unknown[] }
    expect([value.a[0] === `${long}"`, value.a[1]]).toEqual([true, new NumberText('12345678901234567890')])
  })
})

describe('Parquet objects', () => {
  const TYPES = {
    id: 'bigint',
    small: 'tinyint',
    name: 'string',
    ok: 'boolean',
    price: 'decimal(38,2)',
    fee: 'decimal(9,2)',
    ratio: 'double',
    day: 'date',
    seen: 'timestamp',
    tags: 'array<string>',
    home: 'struct<city:string,points:array<struct<x:int,y:double>>>',
    counts: 'map<string,bigint>',
  }
  const rows: readonly Json[] = Array.from({ length: 300 }, (_, index) => ({
    id: index,
    small: (index % 256) - 128,
    name: index % 7 === 0 ? null : `n${index}~😀`,
    ok: index % 2 === 0,
    price: index / 4,
    fee: -index / 4,
    ratio: index / 3,
    day: '2026-11-22',
    seen: START + index,
    tags: index % 5 === 0 ? null : Array.from({ length: index % 4 }, (_item, at) => (at === 1 ? null : `t${at}`)),
    home:
      index % 3 === 0
        ? null
        : {
            city: `c${index}`,
            points: [
              { x: index, y: 0.5 },
              { x: null, y: null },
            ],
          },
    counts: index % 2 === 0 ? {} : { a: index, b: null },
  }))

  it.each([
    'SNAPPY',
    'GZIP',
    'UNCOMPRESSED',
  ])('with %s are read by DuckDB and hyparquet, nested values too, and bad records are errors', async Compression => {
    const members = {
      DataFormatConversionConfiguration: {
        ...(CONVERSION['DataFormatConversionConfiguration'] as Json),
        OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression } } },
      },
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
    }
    const definition = extendedS3(members) as DeliveryStreamDefinition
    const plan = definitionPlanOf(definition).conversion
    if (plan === null) throw new Error('the definition converts')
    const lake = new MemoryStore()
    const clock = new SimClock(START)
    const stream = new DeliveryStream(
      { definition },
      { clock, random: seededRandom(4), store: () => lake },
      new ParquetConversion(table(TYPES), plan),
    )
    await put(stream, ...rows.map(row => JSON.stringify(row)))
    await put(stream, '{"id":"x"}')
    await stream.close()
    expect(errorsIn(lake, 'errors/format-conversion-failed/')).toEqual([
      {
        attemptsMade: 1,
        arrivalTimestamp: START,
        lastErrorCode: BAD,
        lastErrorMessage: 'id: "x" is no bigint',
        attemptEndingTimestamp: START,
        rawData: Buffer.from('{"id":"x"}').toString('base64'),
        sequenceNumber: '00000000000000000300',
        subSequenceNumber: null,
        dataCatalogTable: {
          catalogId: null,
          databaseName: 'web',
          tableName: 'clicks',
          region: null,
          versionId: 'LATEST',
          catalogArn: null,
        },
        millrace: { recordId: '00000000000000000300', stage: 'DataFormatConversion' },
      },
    ])
    const [key, body] = [...lake.objects].find(([name]) => name.endsWith('.parquet')) ?? ['', new Uint8Array(0)]
    expect(lake.attributes.get(key)).toEqual({ contentType: 'application/octet-stream' })
    const folder = mkdtempSync(join(tmpdir(), 'millrace-conversion-'))
    try {
      const file = join(folder, 'o.parquet')
      writeFileSync(file, body)
      const from = `FROM read_parquet('${file}')`
      expect(
        await duckdb(
          `SELECT count(*) AS n, count(name) AS names, sum(id) AS ids, sum(price) AS price, sum(fee) AS fee, sum(small) AS small, min(day) AS day, max(epoch_ms(seen)) AS seen ${from}`,
        ),
      ).toEqual([
        {
          n: '300',
          names: '257',
          ids: '44850',
          price: '11212.50',
          fee: '-11212.50',
          small: String(rows.reduce((sum, row) => sum + Number(row['small']), 0)),
          day: '2026-11-22',
          seen: String(START + 299),
        },
      ])
      // A WHERE on every kind of column: statistics must not hide a row.
      for (const [where, count] of [
        ['id = 299', 1],
        ["name = 'n299~😀'", 1],
        ['price = 74.75', 1],
        ['fee = -74.75', 1],
        ['ratio > 99', 2],
        ['ok', 150],
        ["day = DATE '2026-11-22'", 300],
        [`epoch_ms(seen) = ${START + 7}`, 1],
        ["tags[1] = 't0'", 180],
        ['tags IS NULL', 60],
        ['len(tags) = 0', 60],
        ["home.city = 'c100'", 1],
        ['home.points[1].x = 100', 1],
        ['len(home.points) = 2', 200],
        ["counts['a'] = 299", 1],
        ['cardinality(counts) = 0', 150],
      ] as const)
        expect([where, await duckdb(`SELECT count(*) AS n ${from} WHERE ${where}`)]).toEqual([
          where,
          [{ n: String(count) }],
        ])
      const copy = body.buffer.slice(body.byteOffset, body.byteOffset + body.length) as ArrayBuffer
      const read = (await parquetReadObjects({
        file: copy,
        compressors: { GZIP: page => gunzipSync(page) },
      })) as readonly Json[]
      expect(read[11]).toMatchObject({
        id: 11n,
        name: 'n11~😀',
        tags: ['t0', null, 't2'],
        home: {
          city: 'c11',
          points: [
            { x: 11, y: 0.5 },
            { x: null, y: null },
          ],
        },
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
