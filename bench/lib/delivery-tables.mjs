// Tables that records are converted to, as our definition, hyparquet-writer and parquetjs-lite have them.
const NUMBERS = { event_ms: 'bigint', latency_ms: 'double' }
const NAMES = [
  'event_time',
  'event_ms',
  'user_id',
  'session_id',
  'page',
  'referrer',
  'country',
  'device',
  'event_type',
  'latency_ms',
]
const PARQUET_TYPES = { bigint: 'INT64', double: 'DOUBLE', string: 'STRING' }
const LITE_TYPES = { bigint: 'INT64', double: 'DOUBLE', string: 'UTF8' }

const flatTypes = Object.fromEntries(NAMES.map(name => [name, NUMBERS[name] ?? 'string']))
const flatKinds = Object.fromEntries(NAMES.map(name => [name, NUMBERS[name] === undefined ? 'text' : 'number']))

const leaf = (name, element) => ({ name, repetition_type: 'OPTIONAL', ...element })
const text = name => leaf(name, { type: 'BYTE_ARRAY', converted_type: 'UTF8' })
const flatElement = name =>
  flatTypes[name] === 'string' ? text(name) : leaf(name, { type: PARQUET_TYPES[flatTypes[name]] })

const OS = ['linux', 'windows', 'android', 'ios']

export const TABLES = {
  parquet: {
    title: 'JSON records to Parquet, snappy',
    types: flatTypes,
    kinds: flatKinds,
    batchesOf: batches => batches,
    hyparquet: { columns: NAMES.map(name => ({ name, type: PARQUET_TYPES[flatTypes[name]] })) },
    rowOf: row => ({ ...row, event_ms: BigInt(row.event_ms) }),
    lite: Object.fromEntries(
      NAMES.map(name => [name, { type: LITE_TYPES[flatTypes[name]], optional: true, compression: 'SNAPPY' }]),
    ),
  },
  'parquet-nested': {
    title: 'JSON records with a list, a struct and a map to Parquet, snappy',
    types: {
      ...flatTypes,
      tags: 'array<string>',
      context: 'struct<os:string,version:bigint>',
      scores: 'map<string,bigint>',
    },
    kinds: {
      ...flatKinds,
      tags: 'list',
      'context.os': 'text',
      'context.version': 'number',
      scores: 'map',
    },
    /** As the flat ones, with lists and maps of none to four. */
    batchesOf: batches =>
      batches.map((batch, b) =>
        batch.map((data, i) => {
          const n = b * 7 + i
          const nested = {
            tags: Array.from({ length: n % 5 }, (_unused, at) => `tag-${(n * 3 + at) % 40}`),
            context: n % 9 === 0 ? null : { os: OS[n % 4], version: n % 30 },
            scores: Object.fromEntries(Array.from({ length: n % 3 }, (_unused, at) => [`score_${at}`, (n * at) % 100])),
          }
          return Buffer.concat([data.subarray(0, -1), Buffer.from(`,${JSON.stringify(nested).slice(1)}`)])
        }),
      ),
    hyparquet: {
      schema: [
        { name: 'schema', num_children: NAMES.length + 3 },
        ...NAMES.map(flatElement),
        leaf('tags', { num_children: 1, converted_type: 'LIST' }),
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        text('element'),
        leaf('context', { num_children: 2 }),
        text('os'),
        leaf('version', { type: 'INT64' }),
        leaf('scores', { num_children: 1, converted_type: 'MAP' }),
        { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
        { ...text('key'), repetition_type: 'REQUIRED' },
        leaf('value', { type: 'INT64' }),
      ],
    },
    rowOf: ({ context, scores, ...row }) => ({
      ...row,
      event_ms: BigInt(row.event_ms),
      context: context === null ? null : { ...context, version: BigInt(context.version) },
      scores: Object.entries(scores).map(([key, value]) => ({ key, value: BigInt(value) })),
    }),
    // Its lists and maps are structs by hand, and others read them as such.
    lite: null,
  },
}
