// Records through a whole delivery stream into a store that only counts, beside what one writes by hand.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createDeflateRaw, createGzip, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import { ByteWriter as HyparquetWriter, parquetWrite, parquetWriteRows } from 'hyparquet-writer'
import snappy from 'snappy'
import { peer } from '../lib/alasql.mjs'
import { buffersOf, generateClicks } from '../lib/clicks.mjs'
import { conversionMembers, conversionOf, deliver, deliverAlone, HINTS } from '../lib/deliver.mjs'
import { TABLES } from '../lib/delivery-tables.mjs'
import { parquetSums } from '../lib/parquet-sums.mjs'

export const about = 'JSON records through a delivery stream, by format and codec; an event is a record'
export const eventsDefault = 200_000

export async function* comparisons({ events, only, print }) {
  const batches = buffersOf(generateClicks(events))
  const records = batches.flat()
  const bytes = records.reduce((sum, { length }) => sum + length + 1, 0)
  for (const codec of ['UNCOMPRESSED', 'GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'])
    if (only === null || only.includes(codec)) yield codecComparison(codec, batches, bytes)
  for (const name of Object.keys(TABLES))
    if (only === null || only.includes(name)) yield* parquetComparison(name, batches, print)
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
    ...HINTS,
  }

  const ours = {
    name: 'millrace, delivery stream',
    role: 'ours',
    run: () => deliver(batches, members),
    answer: async () => {
      const hash = createHash('sha256')
      for (const object of await deliver(batches, members, { keep: true })) hash.update(UNPACKED[codec](object))
      return checked(records, hash)
    },
    extra: times => ({
      cpuSecondsPerGB: times.get('millrace, delivery stream').cpu / 1e3 / (bytes / 1e9),
      ...deliverAlone(codec, records),
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
    engines.unshift({
      name: 'by hand, gzipSync of the lines of each fetch',
      role: 'handwritten',
      run: () => void linesOf(batches).map(part => gzipSync(part)),
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

async function* parquetComparison(name, flatBatches, print) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const table = TABLES[name]
  const { kinds } = table
  const batches = table.batchesOf(flatBatches)
  const bytes = batches.flat().reduce((sum, { length }) => sum + length + 1, 0)
  const records = batches.reduce((sum, { length }) => sum + length, 0)
  const ours = 'millrace, delivery stream with conversion'
  const engines = [
    {
      name: 'by hand, JSON.parse and hyparquet-writer',
      role: 'hyparquetWriter',
      run: () => byHyparquet(table, batches),
      answer: () => {
        const file = join(folder, 'hyparquet.parquet')
        writeFileSync(file, byHyparquet(table, batches))
        return parquetSums(file, kinds)
      },
    },
    {
      name: ours,
      role: 'ours',
      run: () => deliver(batches, conversionMembers, { conversion: conversionOf(table.types) }),
      answer: async () => {
        const options = { conversion: conversionOf(table.types), keep: true }
        const objects = await deliver(batches, conversionMembers, options)
        objects.forEach((object, i) => writeFileSync(join(folder, `ours-${i}.parquet`), object))
        return parquetSums(join(folder, 'ours-*.parquet'), kinds)
      },
      extra: times => ({
        cpuSecondsPerGB: times.get(ours).cpu / 1e3 / (bytes / 1e9),
        ...deliverAlone(name, records),
      }),
    },
  ]
  const lite = table.lite === null ? null : peer('parquetjs-lite')
  if (lite === null && table.lite !== null)
    print('parquetjs-lite is left out: it is not installed; (cd bench/peers && npm ci) brings it')
  if (lite !== null)
    engines.unshift({
      name: 'by hand, JSON.parse and parquetjs-lite',
      role: 'parquetjsLite',
      run: () => byParquetjsLite(lite, table, batches),
      answer: async () => {
        const file = join(folder, 'lite.parquet')
        writeFileSync(file, Buffer.concat(await byParquetjsLite(lite, table, batches)))
        return parquetSums(file, kinds)
      },
    })
  yield { bench: 'delivery', case: name, title: table.title, events: records, bytes, engines }
  rmSync(folder, { recursive: true })
}

function byHyparquet({ hyparquet, rowOf, types }, batches) {
  const rows = batches.flatMap(batch => batch.map(data => rowOf(JSON.parse(data.toString()))))
  const writer = new HyparquetWriter()
  const compressors = { SNAPPY: input => snappy.compressSync(input) }
  if (hyparquet.columns !== undefined)
    void parquetWriteRows({ writer, rows, columns: hyparquet.columns, codec: 'SNAPPY', compressors })
  else {
    const columnData = Object.keys(types).map(name => ({ name, data: rows.map(row => row[name]) }))
    void parquetWrite({ writer, columnData, schema: hyparquet.schema, codec: 'SNAPPY', compressors })
  }
  return Buffer.from(writer.getBytes())
}

async function byParquetjsLite(lite, table, batches) {
  const parts = []
  const stream = new Writable({
    write(part, _encoding, done) {
      parts.push(part)
      done()
    },
  })
  const writer = await lite.ParquetWriter.openStream(new lite.ParquetSchema(table.lite), stream)
  writer.setRowGroupSize(20_000)
  for (const batch of batches) for (const data of batch) await writer.appendRow(JSON.parse(data.toString()))
  await writer.close()
  return parts
}
