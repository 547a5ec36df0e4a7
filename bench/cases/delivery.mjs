// Records through a whole delivery stream into a store that only counts, beside what one writes by hand.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createDeflateRaw, createGzip, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import { ByteWriter as HyparquetWriter, parquetWriteRows } from 'hyparquet-writer'
import snappy from 'snappy'
import { peer } from '../lib/alasql.mjs'
import { buffersOf, generateClicks } from '../lib/clicks.mjs'
import { parquetSums } from '../lib/parquet-sums.mjs'
import { product } from '../lib/product.mjs'

const { DeliveryStream, ParquetConversion, definitionPlanOf, glueTableOf } = await product('sinks/index.js')
const { nodeEnv } = await product('core/index.js')

export const about = 'JSON records through a delivery stream, by format and codec; an event is a record'
export const eventsDefault = 200_000

const TYPES = { event_ms: 'bigint', latency_ms: 'double' }
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
const KINDS = Object.fromEntries(NAMES.map(name => [name, TYPES[name] === undefined ? 'text' : 'number']))
const TABLE = {
  Name: 'clicks',
  StorageDescriptor: { Columns: NAMES.map(Name => ({ Name, Type: TYPES[Name] ?? 'string' })) },
}
const RoleARN = 'arn:aws:iam::123456789012:role/firehose'

export async function* comparisons({ events, only, print }) {
  const batches = buffersOf(generateClicks(events))
  const records = batches.flat()
  const bytes = records.reduce((sum, { length }) => sum + length + 1, 0)
  for (const codec of ['UNCOMPRESSED', 'GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'])
    if (only === null || only.includes(codec)) yield codecComparison(codec, batches, bytes)
  if (only === null || only.includes('parquet')) yield* parquetComparison(batches, bytes, print)
}

/** One whole delivery: what became visible, and the longest stall of the event loop. */
async function deliver(batches, members, { conversion = null, keep = false, onStall = () => {} } = {}) {
  const objects = []
  const { clock, random } = nodeEnv
  const stream = new DeliveryStream(
    {
      definition: {
        DeliveryStreamName: 'clicks',
        ExtendedS3DestinationConfiguration: { RoleARN, BucketARN: 'arn:aws:s3:::lake', ...members },
      },
      delimiter: 'after',
    },
    {
      clock,
      random,
      store: () => ({
        begin: async () => {
          const parts = []
          return {
            write: async part => void (keep && parts.push(Buffer.from(part))),
            complete: async () => void objects.push(Buffer.concat(parts)),
            abort: async () => {},
          }
        },
      }),
    },
    conversion,
  )
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  for (const batch of batches) await stream.write(batch.map(data => ({ data })))
  await stream.close()
  delay.disable()
  onStall(delay.max / 1e6)
  return objects
}

const checked = (records, hash) => [records, hash.digest().readUIntBE(0, 6)]

/** What a codec packed, by other code than ours. */
const UNPACKED = {
  UNCOMPRESSED: object => object,
  GZIP: gunzipSync,
  // Local file header: 30 bytes, then the name (APPNOTE 4.3.7).
  ZIP: object => inflateRawSync(object.subarray(30 + object.readUInt16LE(26))),
  Snappy: object => Buffer.concat([...snappyBlocks(object, 16, 4)]),
  HADOOP_SNAPPY: object => Buffer.concat([...snappyBlocks(object, 0, 8)]),
}

/** Chunks begin with the length of their block, the last of `head` bytes. */
function* snappyBlocks(object, start, head) {
  for (let at = start; at < object.length; ) {
    const length = object.readUInt32BE(at + head - 4)
    yield snappy.uncompressSync(object.subarray(at + head, at + head + length))
    at += head + length
  }
}

/** Each fetch is one block: the least that a hand would do. */
const snappyByHand = () =>
  new Transform({
    transform(part, _encoding, done) {
      done(null, snappy.compressSync(part))
    },
  })

const HANDS = {
  UNCOMPRESSED: { name: '', through: () => [] },
  GZIP: { name: ' to createGzip', through: () => [createGzip()] },
  ZIP: { name: ' to createDeflateRaw', through: () => [createDeflateRaw()] },
  Snappy: { name: ' to snappy.compressSync', through: () => [snappyByHand()] },
  HADOOP_SNAPPY: { name: ' to snappy.compressSync', through: () => [snappyByHand()] },
}

function linesOf(batches) {
  return batches.map(batch => Buffer.concat(batch.flatMap(data => [data, LINE_FEED])))
}
const LINE_FEED = Buffer.from('\n')

function codecComparison(codec, batches, bytes) {
  const records = batches.reduce((sum, { length }) => sum + length, 0)
  const members = {
    CompressionFormat: codec,
    BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 900 },
  }

  let stallMs = 0
  const run = () =>
    deliver(batches, members, {
      onStall: ms => {
        stallMs = Math.max(stallMs, ms)
      },
    })
  const ours = {
    name: 'millrace, delivery stream',
    role: 'ours',
    run,
    answer: async () => {
      const hash = createHash('sha256')
      for (const object of await deliver(batches, members, { keep: true })) hash.update(UNPACKED[codec](object))
      return checked(records, hash)
    },
    extra: times => ({
      longestStallMs: stallMs,
      cpuSecondsPerGB: times.get('millrace, delivery stream').cpu / 1e3 / (bytes / 1e9),
    }),
  }
  const engines = [ours]
  const whole = () => {
    const hash = createHash('sha256')
    for (const lines of linesOf(batches)) hash.update(lines)
    return checked(records, hash)
  }
  engines.unshift({
    name: `by hand, a stream${HANDS[codec].name}`,
    role: 'handwritten',
    run: () => byHand(batches, HANDS[codec].through()),
    answer: whole,
  })
  if (codec === 'GZIP') {
    const lines = linesOf(batches)
    engines.unshift({
      name: "zlib's own gzipSync of the joined bytes",
      role: 'floor',
      run: () => void lines.map(part => gzipSync(part)),
      answer: () => null,
    })
  }
  return { bench: 'delivery', case: codec, title: `JSON lines, ${codec}`, events: records, bytes, engines }
}

async function byHand(batches, through) {
  const sink = new Writable({
    write(_part, _encoding, done) {
      done()
    },
  })
  await pipeline(Readable.from(linesByHand(batches)), ...through, sink)
}

/** What one writes: the records of a fetch, each with its line feed. */
function* linesByHand(batches) {
  for (const batch of batches) yield Buffer.concat(batch.flatMap(data => [data, LINE_FEED]))
}

async function* parquetComparison(batches, bytes, print) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const records = batches.reduce((sum, { length }) => sum + length, 0)
  const members = {
    BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 900 },
    DataFormatConversionConfiguration: {
      SchemaConfiguration: { RoleARN, DatabaseName: 'd', TableName: 'clicks', Region: 'eu-west-1' },
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
    },
  }
  const definition = {
    DeliveryStreamName: 'clicks',
    ExtendedS3DestinationConfiguration: { RoleARN, BucketARN: 'arn:aws:s3:::lake', ...members },
  }
  const plan = definitionPlanOf(definition)
  const conversion = () => new ParquetConversion(glueTableOf(TABLE), plan.conversion)
  let stallMs = 0
  const engines = [
    {
      name: 'by hand, JSON.parse and hyparquet-writer',
      role: 'hyparquetWriter',
      run: () => byHyparquet(batches),
      answer: () => {
        const file = join(folder, 'hyparquet.parquet')
        writeFileSync(file, byHyparquet(batches))
        return parquetSums(file, KINDS)
      },
    },
    {
      name: 'millrace, delivery stream with conversion',
      role: 'ours',
      run: () =>
        deliver(batches, members, { conversion: conversion(), onStall: ms => (stallMs = Math.max(stallMs, ms)) }),
      answer: async () => {
        const objects = await deliver(batches, members, { conversion: conversion(), keep: true })
        objects.forEach((object, i) => writeFileSync(join(folder, `ours-${i}.parquet`), object))
        stallMs = 0
        return parquetSums(join(folder, 'ours-*.parquet'), KINDS)
      },
      extra: times => ({
        longestStallMs: stallMs,
        cpuSecondsPerGB: times.get('millrace, delivery stream with conversion').cpu / 1e3 / (bytes / 1e9),
      }),
    },
  ]
  const lite = peer('parquetjs-lite')
  if (lite === null) print('parquetjs-lite is left out: it is not installed; (cd bench/peers && npm ci) brings it')
  else
    engines.unshift({
      name: 'by hand, JSON.parse and parquetjs-lite',
      role: 'parquetjsLite',
      run: () => byParquetjsLite(lite, batches),
      answer: async () => {
        const file = join(folder, 'lite.parquet')
        writeFileSync(file, Buffer.concat(await byParquetjsLite(lite, batches)))
        return parquetSums(file, KINDS)
      },
    })
  yield {
    bench: 'delivery',
    case: 'parquet',
    title: 'JSON records to Parquet, snappy',
    events: records,
    bytes,
    engines,
  }
  rmSync(folder, { recursive: true })
}

function byHyparquet(batches) {
  const types = { event_ms: 'INT64', latency_ms: 'DOUBLE' }
  const columns = NAMES.map(name => ({ name, type: types[name] ?? 'STRING' }))
  const rows = batches.flatMap(batch =>
    batch.map(data => {
      const row = JSON.parse(data.toString())
      return { ...row, event_ms: BigInt(row.event_ms) }
    }),
  )
  const writer = new HyparquetWriter()
  void parquetWriteRows({
    writer,
    rows,
    columns,
    codec: 'SNAPPY',
    compressors: { SNAPPY: input => snappy.compressSync(input) },
  })
  return Buffer.from(writer.getBytes())
}

async function byParquetjsLite(lite, batches) {
  const types = { event_ms: 'INT64', latency_ms: 'DOUBLE' }
  const fields = Object.fromEntries(
    NAMES.map(name => [name, { type: types[name] ?? 'UTF8', optional: true, compression: 'SNAPPY' }]),
  )
  const parts = []
  const stream = new Writable({
    write(part, _encoding, done) {
      parts.push(part)
      done()
    },
  })
  const writer = await lite.ParquetWriter.openStream(new lite.ParquetSchema(fields), stream)
  writer.setRowGroupSize(20_000)
  for (const batch of batches) for (const data of batch) await writer.appendRow(JSON.parse(data.toString()))
  await writer.close()
  return parts
}
