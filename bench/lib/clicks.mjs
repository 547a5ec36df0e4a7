// The click stream of the performance lab, where it lies beside the project, as record batches and as separate buffers.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const lab = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/lab/perf')
const require = createRequire(import.meta.url)

/** The lab's generator and its hand-written baseline, or null when they are not here. */
export function openLab() {
  if (!existsSync(join(lab, 'base.js'))) return null
  return { generator: require(join(lab, 'gen.js')), base: require(join(lab, 'base.js')) }
}

/** InputSchema of the click stream. */
export const CLICK_SCHEMA = {
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
}

/** Buffers as an SDK hands them out: one for each record, in batches. */
export function buffersOf(generated, recordsPerBatch = 1_000) {
  return generator(generated, recordsPerBatch, (from, to) =>
    Array.from({ length: to - from }, (_unused, i) =>
      Buffer.from(generated.data.subarray(generated.offs[from + i], generated.offs[from + i + 1] - 1)),
    ),
  )
}

/** Record batches as the fetch path hands them out: one buffer with spans. `changed` may replace the text of a record. */
export function recordBatchesOf(generated, recordsPerBatch = 1_000, changed = null) {
  return generator(generated, recordsPerBatch, (from, to) => {
    const length = to - from
    const offsets = new Int32Array(length)
    const sizes = new Int32Array(length)
    const rowtimes = new Float64Array(length)
    const parts = []
    let end = 0
    for (let i = 0; i < length; i++) {
      const record = generated.data.subarray(generated.offs[from + i], generated.offs[from + i + 1] - 1)
      const text = record.toString('latin1')
      rowtimes[i] = Number(/"event_ms":(\d+)/.exec(text)[1])
      const part = changed === null ? record : Buffer.from(changed(text, from + i))
      offsets[i] = end
      sizes[i] = part.length
      end += part.length
      parts.push(part)
    }
    return {
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
    }
  })
}

function generator(generated, recordsPerBatch, make) {
  const batches = []
  for (let from = 0; from < generated.n; from += recordsPerBatch)
    batches.push(make(from, Math.min(generated.n, from + recordsPerBatch)))
  return batches
}
