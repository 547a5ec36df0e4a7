// The way out: result columns to JSON, CSV and Parquet, beside those who write the same from row objects.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { ByteWriter as HyparquetWriter, parquetWriteRows } from 'hyparquet-writer'
import { peer } from '../lib/alasql.mjs'
import { parquetSums } from '../lib/parquet-sums.mjs'
import {
  ByteWriter,
  CsvLinesEncoder,
  JsonLinesEncoder,
  PAGE_BYTES_DEFAULT,
  ParquetBody,
  pageCompressorOf,
  parquetColumnsOf,
} from '../lib/product.mjs'
import { aggregatedRows, decodedClicks, objectsOf } from '../lib/result-rows.mjs'
import { threadMs } from '../lib/stalls.mjs'

export const about = 'result columns to JSON lines, CSV and Parquet; an event is a row'
export const eventsDefault = 100_000

export async function* comparisons({ events, only, print }) {
  const wanted = name => only === null || only.includes(name)
  const clicks = decodedClicks(events)
  const aggregates = aggregatedRows(clicks)
  for (const [name, batches] of Object.entries({ json: clicks, 'json-aggregates': aggregates }))
    if (wanted(name))
      yield textComparison(
        name,
        `${batches[0].columns.length} columns to JSON lines`,
        batches,
        JsonLinesEncoder,
        jsonByHand,
      )
  for (const [name, batches] of Object.entries({ csv: clicks, 'csv-aggregates': aggregates }))
    if (wanted(name))
      yield textComparison(name, `${batches[0].columns.length} columns to CSV`, batches, CsvLinesEncoder, csvByHand)
  for (const [name, batches] of Object.entries({ parquet: clicks, 'parquet-aggregates': aggregates }))
    if (wanted(name)) yield* parquetComparison(name, batches, print)
}

const jsonByHand = row => `${JSON.stringify(row)}\n`
const csvByHand = row => `${Object.values(row).map(csvCell).join(',')}\n`
const csvCell = value =>
  typeof value === 'string' && /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value

/** Both give the same bytes: the check sum is made of their digest. */
function textComparison(name, title, batches, Encoder, byHand) {
  const objects = objectsOf(batches)
  const encoder = new Encoder()
  const encoded = take => {
    const out = new ByteWriter()
    let sizeBytes = 0
    for (const batch of batches) {
      encoder.encode(batch, out)
      const bytes = out.take()
      sizeBytes += bytes.length
      take?.(bytes)
    }
    return sizeBytes
  }
  const written = take => {
    let sizeBytes = 0
    for (const row of objects) {
      const bytes = Buffer.from(byHand(row))
      sizeBytes += bytes.length
      take?.(bytes)
    }
    return sizeBytes
  }
  const digested = run => () => {
    const hash = createHash('sha256')
    run(bytes => void hash.update(bytes))
    return [objects.length, hash.digest().readUIntBE(0, 6)]
  }
  const engines = [
    { name: 'by hand, from row objects', role: 'handwritten', run: () => written(), answer: digested(written) },
    { name: 'millrace', role: 'ours', run: () => encoded(), answer: digested(encoded) },
  ]
  return { bench: 'out', case: name, title, events: objects.length, bytes: encoded(), engines }
}

async function* parquetComparison(name, batches, print) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const objects = objectsOf(batches, { parquet: true })
  const { schema } = batches[0]
  const columns = parquetColumnsOf(schema, { rowtimeColumn: null, columnNames: 'stored' }, [])
  const compress = await pageCompressorOf('SNAPPY')
  const slices = { longestMs: 0 }
  const ours = () => parquetParts(batches, { columns, compression: 'SNAPPY', compress }, slices)
  const engines = [
    {
      name: 'hyparquet-writer, from row objects',
      role: 'hyparquetWriter',
      parts: byHyparquet(schema, objects, compress),
    },
    { name: 'millrace', role: 'ours', parts: ours },
  ]
  const lite = byParquetjsLite(schema, objects)
  if (lite === null) print('parquetjs-lite is left out: it is not installed; (cd bench/peers && npm ci) brings it')
  else engines.push({ name: 'parquetjs-lite, from row objects', role: 'parquetjsLite', parts: lite })
  const sizeBytes = ours().reduce((sum, part) => sum + part.length, 0)
  yield {
    bench: 'out',
    case: name,
    title: `${columns.length} columns to Parquet, snappy`,
    events: objects.length,
    bytes: sizeBytes,
    engines: engines.map(({ name: engine, role, parts }, i) => ({
      name: engine,
      role,
      run: parts,
      answer: async () => {
        const file = join(folder, `${i}.parquet`)
        writeFileSync(file, Buffer.concat(await Promise.resolve(parts())))
        return parquetSums(file, kindsOf(schema))
      },
      ...(role === 'ours' && { extra: () => ({ longestSliceCpuMs: slices.longestMs }) }),
    })),
  }
  rmSync(folder, { recursive: true })
}

/** A file as the delivery makes it, in the slices between which it lets the event loop turn. */
function parquetParts(batches, options, slices) {
  const parts = []
  const body = new ParquetBody({ ...options, rowtime: false, pageBytes: PAGE_BYTES_DEFAULT, dictionary: true })
  let began = threadMs()
  // CPU time of the thread: what the event loop waits for a slice that has a core to itself.
  const slice = () => {
    const now = threadMs()
    slices.longestMs = Math.max(slices.longestMs, now - began)
    began = now
  }
  for (const batch of batches) {
    body.add(batch)
    slice()
    for (const part of body.drain()) {
      parts.push(part)
      slice()
    }
  }
  for (const part of body.finish()) {
    parts.push(part)
    slice()
  }
  return parts
}

const HYPARQUET_TYPES = { VARCHAR: 'STRING', DOUBLE: 'DOUBLE', BIGINT: 'INT64', TIMESTAMP: 'TIMESTAMP' }

function byHyparquet(schema, objects, compress) {
  const columns = schema.columns.map(({ name, type }) => ({ name, type: HYPARQUET_TYPES[type.kind] }))
  return () => {
    const writer = new HyparquetWriter()
    // Its way from row objects; row groups as its makers' own default has them.
    void parquetWriteRows({ writer, rows: objects, columns, codec: 'SNAPPY', compressors: { SNAPPY: compress } })
    return [writer.getBytes()]
  }
}

const LITE_TYPES = { VARCHAR: 'UTF8', DOUBLE: 'DOUBLE', BIGINT: 'INT64', TIMESTAMP: 'TIMESTAMP_MILLIS' }

function byParquetjsLite(schema, objects) {
  const lite = peer('parquetjs-lite')
  if (lite === null) return null
  const fields = Object.fromEntries(
    schema.columns.map(({ name, type }) => [
      name,
      { type: LITE_TYPES[type.kind], optional: true, compression: 'SNAPPY' },
    ]),
  )
  // It takes no bigints.
  const rows = objects.map(row =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
    ),
  )
  return async () => {
    const parts = []
    const stream = new Writable({
      write(part, _encoding, done) {
        parts.push(part)
        done()
      },
    })
    const writer = await lite.ParquetWriter.openStream(new lite.ParquetSchema(fields), stream)
    writer.setRowGroupSize(100_000)
    for (const row of rows) await writer.appendRow(row)
    await writer.close()
    return parts
  }
}

function kindsOf({ columns }) {
  const kinds = { VARCHAR: 'text', TIMESTAMP: 'instant' }
  return Object.fromEntries(columns.map(({ name, type: { kind } }) => [name, kinds[kind] ?? 'number']))
}
