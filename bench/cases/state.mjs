// State of many keys: building it, its bytes, and a snapshot and restore of it; and memory above the input for Q1.
import { childEngines } from '../lib/children.mjs'
import { parseInputSchema, processors, StateReader, StateWriter } from '../lib/product.mjs'
import { refuseErrors } from '../lib/w1-queries.mjs'

export const about = 'COUNT and SUM for each of so many keys as there are events; memory of Q1'
export const eventsDefault = 1_000_000

const RECORDS_PER_BATCH = 1_000
const STREAM = 'SOURCE_SQL_STREAM_001'
const schema = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } } },
  RecordColumns: [
    ['id', 'VARCHAR(16)'],
    ['v', 'DOUBLE'],
  ].map(([Name, SqlType]) => ({ Name, SqlType, Mapping: `$.${Name}` })),
})
const TEXT = `
  CREATE OR REPLACE STREAM "OUT" ("id" VARCHAR(16), "cnt" BIGINT, "sum" DOUBLE);
  CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
  SELECT STREAM "id", COUNT(*), SUM("v") FROM "${STREAM}" AS "S" GROUP BY "id", STEP("S".ROWTIME BY INTERVAL '1' HOUR);`

export function* comparisons({ events, only }) {
  const wanted = name => only === null || only.includes(name)
  const keys = ['ingest', 'snapshot', 'restore'].filter(wanted)
  if (keys.length > 0) yield* stateComparisons(events, keys)
  // The baseline of the memory is the process with its input.
  const some = Math.min(events, 300_000)
  if (wanted('memory'))
    yield {
      bench: 'state',
      case: 'memory',
      title: 'Q1 in a process of its own',
      events: some,
      engines: childEngines(some),
    }
}

function* stateComparisons(events, cases) {
  const batches = batchesOf(events)
  const bytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
  const application = processors.compileApplication({ text: TEXT, input: { schema } })
  const start = () =>
    application.start({
      errors: refuseErrors,
      startedAt: 0,
      rowTimestamp: 'rowtime',
      limits: { maxKeys: 4_000_000, maxBytes: 4 * 2 ** 30 },
    })
  const ingest = () => {
    const decoder = application.createDecoder()
    const program = start()
    for (const batch of batches) {
      for (const rows of decoder.decode(batch, refuseErrors)) program.push(STREAM, rows)
      while (program.work()) program.takeResults()
    }
    return program
  }
  const ingestByHand = () => {
    const state = new Map()
    for (const { bytes: all, offsets, sizes, length } of batches)
      for (let i = 0; i < length; i++) {
        const { id, v } = JSON.parse(Buffer.from(all.buffer, all.byteOffset + offsets[i], sizes[i]).toString())
        const known = state.get(id)
        if (known === undefined) state.set(id, { cnt: 1, sum: v })
        else {
          known.cnt++
          known.sum += v
        }
      }
    return state
  }
  const ended = program => {
    let [rows, sum] = [0, 0]
    program.advance(Number.POSITIVE_INFINITY)
    while (program.work())
      for (const { rows: result } of program.takeResults()) {
        rows += result.length
        for (let row = 0; row < result.length; row++) sum += result.columns[2].values[row]
      }
    return [rows, Math.round(sum)]
  }
  const endedByHand = state => {
    let sum = 0
    for (const each of state.values()) sum += each.sum
    return [state.size, Math.round(sum)]
  }
  const snapshot = program => {
    const writer = new StateWriter()
    const parts = []
    for (const _slice of program.snapshot(writer)) parts.push(writer.take())
    parts.push(writer.take())
    return Buffer.concat(parts)
  }
  const engine = (name, role, run, answer, extra) => ({ name, role, run, answer, ...(extra && { extra }) })
  const comparison = (name, title, engines) => ({ bench: 'state', case: name, title, events, bytes, engines })
  if (cases.includes('ingest'))
    yield comparison('ingest', 'record bytes to state', [
      engine(
        'by hand: a Map',
        'handwritten',
        () => void ingestByHand(),
        () => endedByHand(ingestByHand()),
      ),
      engine(
        'millrace',
        'ours',
        () => void ingest(),
        () => ended(ingest()),
      ),
    ])
  if (!cases.includes('snapshot') && !cases.includes('restore')) return
  const program = ingest()
  const state = ingestByHand()
  const saved = snapshot(program)
  const savedByHand = () => [...state].map(entry => JSON.stringify(entry)).join('\n')
  const text = savedByHand()
  const restored = () => {
    const other = start()
    other.restore(new StateReader(saved))
    return other
  }
  const restoredByHand = () => new Map(text.split('\n').map(line => JSON.parse(line)))
  const sizes = { stateMb: saved.length / 1_048_576 }
  if (cases.includes('snapshot'))
    yield comparison('snapshot', 'state to bytes', [
      engine(
        'by hand: JSON lines',
        'handwritten',
        () => void savedByHand(),
        () => endedByHand(restoredByHand()),
      ),
      engine(
        'millrace',
        'ours',
        () => void snapshot(program),
        () => ended(restored()),
        () => sizes,
      ),
    ])
  if (cases.includes('restore'))
    yield comparison('restore', 'bytes to state', [
      engine(
        'by hand: JSON lines',
        'handwritten',
        () => void restoredByHand(),
        () => endedByHand(restoredByHand()),
      ),
      engine(
        'millrace',
        'ours',
        () => void restored(),
        () => ended(restored()),
        () => sizes,
      ),
    ])
}

/** Every event has a key of its own, in an order that is none. */
function batchesOf(events) {
  const batches = []
  for (let from = 0; from < events; from += RECORDS_PER_BATCH) {
    const length = Math.min(RECORDS_PER_BATCH, events - from)
    const parts = Array.from({ length }, (_unused, i) => {
      const key = (((from + i) * 7_919) % events).toString(36).padStart(8, '0')
      return Buffer.from(`{"id":"k${key}","v":${((from + i) % 1_000) / 4}}`)
    })
    let end = 0
    const sizes = Int32Array.from(parts, part => part.length)
    const offsets = sizes.map(size => (end += size) - size)
    const rowtimes = Float64Array.from({ length }, (_unused, i) => 1_700_000_000_000 + Math.floor((from + i) / 1_000))
    batches.push({
      length,
      bytes: new Uint8Array(Buffer.concat(parts)),
      offsets,
      sizes,
      arrivedAt: rowtimes,
      rowtimes,
      sequenceNumber: index => String(from + index),
      subsequenceNumber: () => 0,
      partitionKey: () => '',
      shardId: () => 'shardId-000000000000',
    })
  }
  return batches
}
