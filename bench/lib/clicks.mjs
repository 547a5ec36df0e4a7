// The click stream of workload W1: 10 fields and about 243 bytes an event, 10,000 users, 500 pages, up to 2 s of disorder. The
// generator and the hand-written queries are those of bench/lab, unchanged.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parseInputSchema } from './product.mjs'

const require = createRequire(import.meta.url)
const generator = require('../lab/gen.js')

/** (a): what one writes by hand, a function for each query. */
export const byHand = require('../lab/base.js')

/** SHA-256 of the hand-written baseline, so that a figure names what it was compared with. */
export const byHandHash = createHash('sha256')
  .update(readFileSync(fileURLToPath(new URL('../lab/base.js', import.meta.url))))
  .digest('hex')

export const clickSchema = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } } },
  RecordColumns: [
    ['event_time', 'TIMESTAMP'],
    ['event_ms', 'BIGINT'],
    ['user_id', 'VARCHAR(16)'],
    ['session_id', 'VARCHAR(16)'],
    ['page', 'VARCHAR(64)'],
    ['referrer', 'VARCHAR(64)'],
    ['country', 'VARCHAR(2)'],
    ['device', 'VARCHAR(16)'],
    ['event_type', 'VARCHAR(16)'],
    ['latency_ms', 'DOUBLE'],
  ].map(([Name, SqlType]) => ({ Name, SqlType, Mapping: `$.${Name}` })),
})

const RECORDS_PER_BATCH = 1_000
/** Events of a minute of event time; a shorter stream is a shorter time and not a thinner stream. */
const EVENTS_PER_MINUTE = 2_000_000 / 60

/**
 * Clicks as NDJSON with their places.
 * @param disorderMs how far an event's time may be behind its place
 * @param minutes of event time; default: so many that the rate is that of the workload
 */
export function generateClicks(events, { disorderMs = 2_000, minutes = events / EVENTS_PER_MINUTE } = {}) {
  const clicks = generator.generate({ n: events, disorderMs, minutes })
  return { ...clicks, startAt: clicks.T0, durationMs: minutes * 60_000 }
}

/** The table that Q7 joins: a category for each page. */
export const pageTable = clicks => byHand.refTable(clicks.pageNames)

/** A buffer for each record, in batches of 1,000, as an SDK hands them out. */
export function buffersOf(clicks) {
  return inBatches(clicks.n, (from, to) =>
    Array.from({ length: to - from }, (_unused, i) =>
      Buffer.from(clicks.data.subarray(clicks.offs[from + i], clicks.offs[from + i + 1] - 1)),
    ),
  )
}

/**
 * Record batches as the fetch path hands them out: the records of a batch in one buffer, with spans. An event arrives at the
 * time of its place, so that event times are out of order and arrivals are not.
 * @param changed may replace the text of a record
 */
export function recordBatchesOf(clicks, changed = null) {
  return inBatches(clicks.n, (from, to) => {
    const length = to - from
    if (changed === null) {
      const start = clicks.offs[from]
      const spans = Array.from({ length }, (_unused, i) => [
        clicks.offs[from + i] - start,
        clicks.offs[from + i + 1] - 1 - start,
      ])
      return batchOf(clicks, from, Uint8Array.from(clicks.data.subarray(start, clicks.offs[to])), spans)
    }
    const parts = Array.from({ length }, (_unused, i) =>
      Buffer.from(
        changed(clicks.data.toString('latin1', clicks.offs[from + i], clicks.offs[from + i + 1] - 1), from + i),
      ),
    )
    let end = 0
    const spans = parts.map(part => [end, (end += part.length)])
    return batchOf(clicks, from, new Uint8Array(Buffer.concat(parts)), spans)
  })
}

/** The same records, each in a buffer of its own. */
export const buffersOfBatch = ({ bytes, offsets, sizes, length }) =>
  Array.from({ length }, (_unused, i) => Buffer.from(bytes.subarray(offsets[i], offsets[i] + sizes[i])))

function batchOf(clicks, from, bytes, spans) {
  const rowtimes = Float64Array.from(spans, (_span, i) => arrivalOf(clicks, from + i))
  return {
    length: spans.length,
    bytes,
    offsets: Int32Array.from(spans, ([start]) => start),
    sizes: Int32Array.from(spans, ([start, end]) => end - start),
    arrivedAt: rowtimes,
    rowtimes,
    sequenceNumber: index => String(from + index),
    subsequenceNumber: () => 0,
    partitionKey: () => '',
    shardId: () => 'shardId-000000000000',
  }
}

/** The generator's event time before disorder: with none it is the event time. */
const arrivalOf = (clicks, index) => clicks.startAt + Math.floor((index * clicks.durationMs) / clicks.n)

function inBatches(count, make) {
  const batches = []
  for (let from = 0; from < count; from += RECORDS_PER_BATCH)
    batches.push(make(from, Math.min(count, from + RECORDS_PER_BATCH)))
  return batches
}
