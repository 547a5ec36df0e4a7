// W1: JSON click stream to result rows, Q1 to Q7, through the product's own path: record bytes, decoder, program, rows.
import {
  buffersOf,
  byHand,
  byHandHash,
  clickSchema,
  generateClicks,
  pageTable,
  recordBatchesOf,
} from '../lib/clicks.mjs'
import { createDecoder } from '../lib/product.mjs'
import { compileW1, refuseErrors, runW1, W1_QUERIES } from '../lib/w1-queries.mjs'

export const about = 'Q1 to Q7 over a click stream in JSON'
export const eventsDefault = 300_000

/** The scanners that this machine has, best first. */
export const SCANNERS = { wasm: 'millrace', javascript: 'millrace, no WASM' }

export async function* comparisons({ events, only, print }) {
  print(`(a) by hand is bench/lab/base.js, sha256 ${byHandHash}`)
  const inputs = new Map()
  const inputOf = disorderMs => {
    if (!inputs.has(disorderMs)) {
      inputs.clear() // one at a time, they are large
      const clicks = generateClicks(events, { disorderMs })
      inputs.set(disorderMs, {
        bytes: clicks.bytes,
        table: pageTable(clicks),
        buffers: buffersOf(clicks),
        batches: recordBatchesOf(clicks),
      })
    }
    return inputs.get(disorderMs)
  }
  if (only === null || only.includes('decode')) yield decoding(inputOf(2_000), events)
  for (const [name, query] of Object.entries(W1_QUERIES)) {
    if (only !== null && !only.includes(name)) continue
    const { bytes, table, buffers, batches } = inputOf(query.disorderMs ?? 2_000)
    const application = compileW1(query)
    const engines = [
      {
        name: 'by hand',
        role: 'handwritten',
        run: () => (query.joins ? byHand[name](buffers, table) : byHand[name](buffers)),
      },
    ]
    for (const [scanner, engine] of Object.entries(SCANNERS)) {
      const decoder = application.createDecoder({ scanner })
      engines.push({ name: engine, role: 'ours', run: () => runW1(query, application, decoder, batches, table) })
    }
    yield { bench: 'w1', case: name, title: query.title, events, bytes, engines }
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
      const decoder = createDecoder(clickSchema, { scanner, ...options })
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
