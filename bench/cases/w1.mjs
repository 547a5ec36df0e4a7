// W1: JSON click stream to result rows, Q1 to Q7, through the product's own path: record bytes, decoder, program, rows.
import { alasqlQueries } from '../lib/alasql.mjs'
import {
  buffersOf,
  byHand,
  byHandHash,
  clickSchema,
  generateClicks,
  pageTable,
  recordBatchesOf,
} from '../lib/clicks.mjs'
import { openDuckdb } from '../lib/duckdb.mjs'
import { floorOfBatches, floorOfBuffers, verifyFloor } from '../lib/floor.mjs'
import { createDecoder } from '../lib/product.mjs'
import { compileW1, refuseErrors, runW1, W1_QUERIES } from '../lib/w1-queries.mjs'

export const about = 'Q1 to Q7 over a click stream in JSON'
export const eventsDefault = 300_000

/** The scanners that this machine has, best first. */
export const SCANNERS = { wasm: 'millrace', javascript: 'millrace, no WASM' }

export async function* comparisons({ events, only, print }) {
  print(`(a) by hand is bench/lab/base.js, sha256 ${byHandHash}`)
  const alasql = alasqlQueries()
  if (alasql === null) print('(b) alasql is left out: it is not installed; (cd bench/peers && npm ci) brings it')
  let input = null
  const inputOf = async disorderMs => {
    if (input?.disorderMs === disorderMs) return input
    input?.duckdb?.close()
    input = await openInput(events, disorderMs)
    if (input.duckdb === null) print('(c) DuckDB is left out: @duckdb/node-api is not installed')
    return input
  }
  const wanted = name => only === null || only.includes(name)
  if (wanted('decode')) yield decoding(await inputOf(2_000), events)
  for (const [name, query] of Object.entries(W1_QUERIES)) {
    if (!wanted(name)) continue
    const { bytes, table, buffers, batches, duckdb } = await inputOf(query.disorderMs ?? 2_000)
    const application = compileW1(query)
    const engines = [
      {
        name: 'by hand',
        role: 'handwritten',
        run: () => (query.joins ? byHand[name](buffers, table) : byHand[name](buffers)),
      },
    ]
    for (const [scanner, engine] of Object.entries(SCANNERS)) {
      const decoder = application.createDecoder({ scanner, rowsLent: true })
      engines.push({ name: engine, role: 'ours', run: () => runW1(query, application, decoder, batches, table) })
    }
    if (alasql?.[name] !== undefined)
      engines.push({ name: 'alasql, compiled', role: 'alasql', run: () => alasql[name](buffers, table) })
    if (duckdb !== null) engines.push(duckdb.scan(name))
    if (name === 'q1') {
      if (duckdb !== null) engines.push(...duckdb.microBatches(buffers))
      verifyFloor(batches)
      engines.push({
        name: 'floor: a copy of each batch, bitmaps',
        role: 'floor',
        run: () => void floorOfBatches(batches),
      })
    }
    yield { bench: 'w1', case: name, title: query.title, events, bytes, engines }
  }
  if (wanted('q1-buffers')) yield fromBuffers(await inputOf(2_000), events)
  input?.duckdb?.close()
}

async function openInput(events, disorderMs) {
  const clicks = generateClicks(events, { disorderMs })
  const table = pageTable(clicks)
  return {
    disorderMs,
    bytes: clicks.bytes,
    table,
    buffers: buffersOf(clicks),
    batches: recordBatchesOf(clicks),
    duckdb: await openDuckdb(clicks, table),
  }
}

/** Q1 where each record is in a buffer of its own, as an SDK gives it: a copy more than in the product's own wire. */
function fromBuffers({ bytes, buffers, batches }, events) {
  const query = W1_QUERIES.q1
  const application = compileW1(query)
  const decoder = application.createDecoder({ rowsLent: true })
  const engines = [
    { name: 'by hand', role: 'handwritten', run: () => byHand.q1(buffers) },
    { name: 'millrace', role: 'ours', run: () => runW1(query, application, decoder, joined(buffers, batches)) },
    { name: 'floor: a copy of each record, bitmaps', role: 'floor', run: () => void floorOfBuffers(buffers) },
  ]
  return { bench: 'w1', case: 'q1-buffers', title: 'Q1 from a buffer for each record', events, bytes, engines }
}

/** Record batches made of separate buffers, one at a time. */
function* joined(buffers, batches) {
  for (const [index, records] of buffers.entries()) {
    const sizeBytes = records.reduce((sum, record) => sum + record.length, 0)
    // Nothing reads it before it is written; zeros would cost as much as the copy.
    const bytes = Buffer.allocUnsafeSlow(sizeBytes)
    const offsets = new Int32Array(records.length)
    const sizes = new Int32Array(records.length)
    let end = 0
    for (let i = 0; i < records.length; i++) {
      const record = records[i]
      bytes.set(record, end)
      offsets[i] = end
      sizes[i] = record.length
      end += record.length
    }
    yield { ...batches[index], bytes, offsets, sizes }
  }
}

/** Decoding by itself. JSON.parse reads whole records, whatever is needed. */
function decoding({ bytes, buffers, batches }, events) {
  const sumOf = columns => {
    let sum = 0
    for (const { rows, values } of columns) for (let row = 0; row < rows; row++) sum += values[row]
    return sum
  }
  const byParse = () => {
    let sum = 0
    for (const batch of buffers) for (const record of batch) sum += JSON.parse(record.toString()).latency_ms
    return [events, Math.round(sum)]
  }
  const engines = [{ name: 'JSON.parse of each record', role: 'handwritten', run: byParse }]
  const latency = clickSchema.columns.findIndex(column => column.name === 'latency_ms')
  for (const [what, options] of Object.entries({
    '3 of 10 columns': { neededColumns: ['event_time', 'page', 'latency_ms'] },
    'all columns': {},
  }))
    for (const [scanner, engine] of Object.entries(SCANNERS)) {
      const decoder = createDecoder(clickSchema, { scanner, rowsLent: true, ...options })
      const run = () => {
        const sums = batches.map(batch =>
          sumOf(
            decoder
              .decode(batch, refuseErrors)
              .map(({ length, columns }) => ({ rows: length, values: columns[latency].values })),
          ),
        )
        return [events, Math.round(sums.reduce((sum, part) => sum + part, 0))]
      }
      engines.push({ name: `${engine}: ${what}`, role: 'ours', run })
    }
  return { bench: 'w1', case: 'decode', title: 'record bytes to columns', events, bytes, engines }
}
