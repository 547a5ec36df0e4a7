/** Records that are scanned into columns give the objects and the error records of those that are converted one at a time. */
import { parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import type { ScannerKind } from '../../../core/codecs/json/scan/scan-path.ts'
import { ContainerCuts } from '../../../sinks/conversion/container-cuts.ts'
import { type GlueTable, glueTableOf } from '../../../sinks/conversion/glue-table.ts'
import { hiveTypeOf } from '../../../sinks/conversion/hive-type.ts'
import type { JsonConverter } from '../../../sinks/conversion/json-converter.ts'
import { NestedValues } from '../../../sinks/conversion/nested-values.ts'
import { ParquetConversion } from '../../../sinks/conversion/parquet-conversion.ts'
import type { JsonDeserializer } from '../../../sinks/definition/conversion.ts'
import type { StreamRecord } from '../../../sinks/pipeline/record.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { START } from '../pipeline/world.ts'
import { EVERY_PLAIN_TYPE } from '../support/every-type.ts'
import { CONVERTED_VALUES } from './values.ts'

/** Records of a round; `CONVERSION_FUZZ_ROUNDS` says how many rounds. */
const RECORDS = 300
const ROUNDS = Number(process.env['CONVERSION_FUZZ_ROUNDS'] ?? 2)

type Types = Readonly<Record<string, string>>
const FLAT: Types = { ...EVERY_PLAIN_TYPE, short: 'varchar(4)', fixed: 'char(3)', a_b: 'string', target: 'string' }
/** Few plain columns, so that most records have something in those that nest. */
const NESTED: Types = {
  whole: 'int',
  text: 'string',
  seen: 'timestamp',
  a_b: 'string',
  target: 'string',
  tags: 'array<string>',
  grid: 'array<array<bigint>>',
  home: 'struct<city:string,a_b:int,at:struct<x:double,y:decimal(20,2)>,seen:timestamp>',
  counts: 'map<string,int>',
  deep: 'map<string,array<struct<k:varchar(3),v:map<int,boolean>>>>',
}
const OPENX = { kind: 'openx', caseInsensitive: true, dotsToUnderscores: false, mappings: {} } as const
const DESERIALIZERS: Readonly<Record<string, JsonDeserializer>> = {
  openx: OPENX,
  'openx with names': { ...OPENX, dotsToUnderscores: true, mappings: { target: 'Some.Source' } },
  'openx with case': { ...OPENX, caseInsensitive: false, mappings: { target: 'Source' } },
  hive: { kind: 'hive', timestampFormats: [] },
  'hive with formats': { kind: 'hive', timestampFormats: ["yyyy-MM-dd'T'HH:mm:ss.SSSZ", 'millis'] },
}

/** By column: JSON that most records have there. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  yes: ['true', 'false'],
  tiny: ['1', '-128', '127'],
  small: ['32767', '-5'],
  whole: ['0', '2147483647', '-2147483648', '7.0', '1e3'],
  big: ['9007199254740991', '-1', '5e2', '12345678901234'],
  single: ['0.1', '-0.0', '3.5e10', '16777217'],
  double: ['0.1', '-0', '-0.0', '1e22', '123456.789', '5e-7'],
  text: ['"ü😀"', '"plain"', '""', '"a\\"b\\n"', '"\\u00e9"', '12', '-7', '"unlike others %"'],
  short: ['"abcd"', '"ab"', '"üü"'],
  fixed: ['"abc"', '"a"', '"a  "'],
  raw: ['"aGVsbG8="', '""', '"/+8="'],
  day: ['"2026-11-22"', '"1969-12-31"', '"2024-02-29"'],
  seen: ['"2026-11-22 23:59:59"', '"2026-11-22 23:59:59.123456789"', '"1950-01-02 03:04:05.9"'],
  fee: ['1.25', '-3', '9999999.99', '0.5'],
  price: ['1.25', '-99999999999.9999', '7'],
  sum: ['1234567890123456789.123456', '-0.000001', '5', '12345678901234567890123456789012'],
  a_b: ['"x"', '"%"'],
  target: ['"y"', 'null'],
  tags: ['["a","ü%"]', '[]', '[null]', '["x"]', '[ "a" , null, "]}\\"" ]', 'null'],
  grid: ['[[1,2],[],null,[3]]', '[]', '[[]]', '[[9007199254740991]]'],
  home: ['{"city":"Köln","at":{"x":1.5,"y":2}}', '{}', '{"CITY":"{[%"}', '{"a.b":%,"at":null}', 'null'],
  counts: ['{"A":1,"b":%}', '{}', '{"":null}'],
  deep: ['{"k":[{"k":"abc","v":{"1":true}},null],"l":[]}', '{"k":null}', '{}'],
}
/** By deserializer, where those of USUAL are strange. */
const INSTANTS: Readonly<Record<string, readonly string[]>> = {
  'hive with formats': ['"2026-11-22T23:59:59.500+0100"', '"2026-11-22T23:59:59.001Z"', '1795391999123'],
}
const STRANGE = [
  ['null', 'true', '"true"', '"TRUE"', '0', '-0', '-0.0', '1', '1.0', '1.5', '1.50', '1e3', '1E-3', '128', '40000'],
  ['2147483648', '9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '1e39'],
  ['1e400', '123456789012345.6', '0.1234567890123456789', '12345678.1234e5', '-12345678.1234e5', '1e21', '0.0000001'],
  ['1795391999', '1795391999123', '1795391999.5', '99999999999', '100000000000', '8640000000000001', '-5'],
  ['"7"', '" 7 "', '"1e3"', '"0x1"', '"NaN"', '"x"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"tab\\t"'],
  ['"2026-11-22T23:59:59Z"', '"2026-11-22T23:59:59.25Z"', '"2026-11-22T23:59:59"', '"2026-11-22 23:59"', '"2026-1-2"'],
  ['"2026-11-22T23:59:59.500+01:00"', '"2026-1-2 3:4:5"', '"2026-02-30"', '"2026-13-01 00:00:00"', '"0000-01-01"'],
  [
    '"0050-06-07"',
    '"0050-06-07 01:02:03"',
    '"2026-11-22 24:00:00"',
    '"2026-11-22 23:59:59."',
    '"2026-11-22 23:59:59Z"',
  ],
  ['"2026-11-22 23:59:59.1234567890"', '"2026/11/22"', '{}', '[]', '[1]', '{"B":[1,{"Cc":null}]}', '[[1, 2.50]]'],
  [
    '[[["a"]]]',
    '[[1],2]',
    '{"city":["x"]}',
    '["Rome",7,[1,2]]',
    '{"at":{"x":1,"X":2}}',
    '{"seen":"2026-11-22 01:02:03"}',
  ],
  ['[{"k":"long"}]', '{"k":{"k":"a","v":{"x":true}}}', '[12345678901234567890]', '{"at":{"y":12345678901234567.89}}'],
  [
    '[1,]',
    '[1 2]',
    '{"a" 1}',
    '["\\u0000","\\ud800"]',
    `${'['.repeat(62)}1${']'.repeat(62)}`,
    `${'['.repeat(80)}1${']'.repeat(80)}`,
  ],
  ['"abcde"', '"😀😀😀😀😀"', '"not base64!"', `"${'long '.repeat(20_000)}"`],
].flat()
/** What is no good record at all, or one of another shape. */
const WHOLE = [
  '',
  ' \n',
  '7',
  'null',
  '[{"whole":1}]',
  '{"whole":',
  '{"whole":1}}',
  '{"whole":1}{"whole":2}',
  '\ufeff{"whole":1}',
  '{}',
  ' { "whole" : 1 , "TEXT" : "spaced" } ',
  '{"whole":1,"whole":2}',
  '{"whole":1,"WHOLE":2}',
  '{"a.b":"dotted","a_b":"underlined"}',
  '{"Source":"1","source":"2","Some.Source":"3","some_source":"4","target":"5"}',
  '{"wh\\u006fle":5}',
  '{"__proto__":{"whole":1},"constructor":1}',
  '{"whole":01}',
  '{"whole":1,}',
  "{'whole':1}",
  `${'['.repeat(200)}${']'.repeat(200)}`,
  // What cutting lists and objects out must not make good.
  '{[1]:2}',
  '{"tags"[1]:2}',
  '{"tags":[1]:2}',
  '{"tags":1[2]}',
  '{"tags":[1][2]}',
  '{"tags":[1}',
  '{"tags":[1]]}',
  '{"tags":["]}',
  '{"tags":[1',
  '{"text":{"A":[1]}}',
  '{"text":[1],"tags":["x"],"other":[2}',
  '{"tags":["a"],"TAGS":["b"]}',
  '{"tags":"a","home":["x"],"counts":1}',
  '{"tags":["a"]}{"tags":["b","c"]}',
]

const tableOf = (types: Types): GlueTable =>
  glueTableOf({
    Name: 't',
    StorageDescriptor: { Columns: Object.entries(types).map(([Name, Type]) => ({ Name, Type })) },
  })

interface Delivered {
  readonly rows: readonly unknown[]
  readonly failed: readonly (readonly [number, string, string])[]
  readonly kept: number
}

/** Converts records as a stream does, some at a time. */
async function deliver(
  types: Types,
  datas: readonly Uint8Array[],
  deserializer: JsonDeserializer,
  scanner: ScannerKind,
  atOnce: number,
): Promise<Delivered> {
  const parquet = { compression: 'UNCOMPRESSED', pageBytes: 65_536, dictionary: true, writerVersion: 'V1' } as const
  const table = { catalogId: null, databaseName: 'd', tableName: 't', region: null, versionId: 'LATEST' }
  const conversion = new ParquetConversion(tableOf(types), { deserializer, table, parquet }, { scanner })
  const body = await conversion.newBody()
  const parts: Uint8Array[] = []
  const failed: (readonly [number, string, string])[] = []
  const records = datas.map(
    (data, number): StreamRecord => ({
      recordId: String(number),
      number,
      data,
      rawData: data,
      arrivedAt: START,
      source: null,
      lambdaKeys: {},
    }),
  )
  for (let from = 0; from < records.length; from += atOnce) {
    const some = records.slice(from, from + atOnce)
    conversion.prepare(some)
    for (const record of some) {
      const placed = conversion.convert(record, START)
      if ('code' in placed) failed.push([record.number, placed.code, placed.message])
      else body.add(placed)
      parts.push(...body.drain())
    }
  }
  parts.push(...body.finish())
  const bytes = Buffer.concat(parts)
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
  return { rows: await parquetReadObjects({ file, utf8: false }), failed, kept: conversion.scanCounts?.kept ?? 0 }
}

/** @param instants what most records have for a timestamp */
function hostileRecords(types: Types, seed: number, instants: readonly string[]): readonly Uint8Array[] {
  const random = seededRandom(seed)
  const below = (limit: number): number => Math.floor(random.next() * limit)
  const oneOf = <T>(from: readonly T[]): T => from[below(from.length)]!
  const names = Object.keys(types)
  const layouts = Array.from({ length: 4 }, () =>
    names
      .filter(() => below(8) > 0)
      .map(name => ({
        column: name,
        member: oneOf([
          name,
          name,
          name.toUpperCase(),
          name === 'a_b' ? 'a.b' : name,
          name === 'target' ? 'Source' : name,
        ]),
      })),
  )
  return Array.from({ length: RECORDS }, () => {
    if (below(40) === 0) return Buffer.from(oneOf(WHOLE))
    const strange = below(6) === 0 ? below(names.length) : -1
    const members = oneOf(layouts).map(({ column, member }) => {
      const value =
        names.indexOf(column) === strange
          ? oneOf(STRANGE)
          : oneOf(column === 'seen' ? instants : (USUAL[column] ?? ['null']))
      return `"${member}":${value.replace('%', () => String(below(1_000_000)))}`
    })
    const bytes = Buffer.from(`{${[...members, '"other":[1,{"x":"y"}]'].join(',')}}`)
    // A byte that no UTF-8 has, or one that breaks the JSON.
    if (below(60) === 0) bytes[below(bytes.length)] = oneOf([0xff, 0x80, 34, 0, 92])
    return bytes
  })
}

const TABLES = { flat: FLAT, nested: NESTED }

describe.each(['wasm', 'javascript'] as const)('scanned by %s', scanner => {
  it.each(
    Object.entries(TABLES).flatMap(([table, types]) =>
      Object.entries(DESERIALIZERS).map(([name, options]) => [table, name, types, options] as const),
    ),
  )('hostile records of a %s table are converted as one at a time: %s', async (_, name, types, options) => {
    let kept = 0
    for (let round = 0; round < ROUNDS; round++) {
      const records = hostileRecords(types, round + 1, INSTANTS[name] ?? USUAL['seen'] ?? [])
      const [alone, scanned] = [
        await deliver(types, records, options, 'none', 1),
        await deliver(types, records, options, scanner, [1_000, 64, 7][round % 3]!),
      ]
      expect(scanned.failed).toEqual(alone.failed)
      expect(scanned.rows).toEqual(alone.rows)
      expect(alone.failed.length).toBeGreaterThan(0)
      kept += scanned.kept
    }
    // Else nothing was compared.
    expect(kept).toBeGreaterThan((ROUNDS * RECORDS) / 5)
  })

  it.each(['openx', 'hive'])('every value of the conformance list is converted as alone: %s', async name => {
    const byType = new Map<string, Buffer[]>()
    for (const [type, json] of CONVERTED_VALUES) {
      // In the second record its layout is known.
      const records = [`{"c":${json}}`, `{"c":${json}}`, `{"x":[1],"c":${json}}`].map(text => Buffer.from(text))
      byType.set(type, [...(byType.get(type) ?? []), ...records])
    }
    let kept = 0
    for (const [type, records] of byType) {
      const types = { c: type, n: 'array<int>' }
      const alone = await deliver(types, records, DESERIALIZERS[name]!, 'none', 1)
      const scanned = await deliver(types, records, DESERIALIZERS[name]!, scanner, 1_000)
      expect([type, scanned.rows, scanned.failed]).toEqual([type, alone.rows, alone.failed])
      kept += scanned.kept
    }
    expect(kept).toBeGreaterThan(CONVERTED_VALUES.length / 2)
  })
})

it('a record whose string does not end is not cut', () => {
  for (const text of ['{"a":["x', '{"a":["x\\', '{"a":[1],"b":{"x":"']) {
    const cuts = new ContainerCuts()
    const [data, out] = [Buffer.from(text), Buffer.alloc(100)]
    expect([cuts.copy(data, out, 0), out.toString('utf8', 0, data.length)]).toEqual([data.length, text])
    expect(cuts.left(0)).toEqual([])
  }
})

it('a nested value that cannot be read is left to who converts the record alone, whatever the reason', () => {
  const type = hiveTypeOf('array<int>')
  if (typeof type === 'string') throw new Error(type)
  const memberValue = (): never => {
    throw new RangeError('Maximum call stack size exceeded')
  }
  const nested = new NestedValues({ name: 'a', type }, { memberValue } as unknown as JsonConverter)
  const cuts = new ContainerCuts()
  cuts.copy(Buffer.from('{"a":[1]}'), Buffer.alloc(100), 0)
  const texts = { entries: new Int32Array([1]), offsets: new Int32Array([6]), sizes: new Int32Array([0]) }
  expect([cuts.has(0, 6), nested.take(0, texts as never, 0, cuts)]).toEqual([true, false])
})
