// Rows as they come out of a program, in columns, and the same rows as objects for those who write from objects.
import { clickSchema, generateClicks, recordBatchesOf } from './clicks.mjs'
import { createDecoder, formatTimestamp, textAt } from './product.mjs'
import { refuseErrors } from './w1-queries.mjs'

/** Clicks decoded: ten columns, seven of them texts. */
export function decodedClicks(events) {
  const clicks = generateClicks(events)
  const decoder = createDecoder(clickSchema)
  return recordBatchesOf(clicks).flatMap(batch => decoder.decode(batch, refuseErrors))
}

/**
 * By column name, what a person would hold: texts, numbers, timestamps in the form in which the product prints them; for
 * Parquet Dates and bigints.
 */
export function objectsOf(batches, { parquet = false } = {}) {
  return batches.flatMap(({ schema, columns, length }) => {
    const reads = schema.columns.map(({ name, type }, i) => [name, readerOf(columns[i], type.kind, parquet)])
    return Array.from({ length }, (_unused, row) => Object.fromEntries(reads.map(([name, read]) => [name, read(row)])))
  })
}

function readerOf(column, kind, parquet) {
  if (column.layout === 'dictionary' || column.layout === 'span') return row => textAt(column, row)
  if (kind === 'TIMESTAMP')
    return parquet ? row => new Date(column.values[row]) : row => formatTimestamp(column.values[row])
  if (kind === 'BIGINT' && parquet) return row => column.values[row]
  return row => Number(column.values[row])
}

/** The rows as those of a grouped query would be: a minute, a page, and five aggregates with all their digits. */
export function aggregatedRows(batches) {
  const schema = {
    columns: [
      ['window_start', { kind: 'TIMESTAMP' }],
      ['page', { kind: 'VARCHAR', length: 64 }],
      ['cnt', { kind: 'BIGINT' }],
      ['sum', { kind: 'DOUBLE' }],
      ['avg', { kind: 'DOUBLE' }],
      ['min', { kind: 'DOUBLE' }],
      ['max', { kind: 'DOUBLE' }],
    ].map(([name, type]) => ({ name, type, nullable: true })),
  }
  return batches.map(({ length, rowtimes, columns, schema: from }) => {
    const of = name => columns[from.columns.findIndex(column => column.name === name)]
    const latency = of('latency_ms').values
    const numbers = make => ({
      layout: 'number',
      values: Float64Array.from({ length }, make),
      nulls: new Uint8Array(length),
    })
    const counts = BigInt64Array.from({ length }, (_unused, i) => BigInt(1 + (i % 300)))
    return {
      schema,
      length,
      rowtimes,
      columns: [
        numbers((_unused, i) => of('event_time').values[i] - (of('event_time').values[i] % 60_000)),
        of('page'),
        { layout: 'bigint', values: counts, nulls: new Uint8Array(length) },
        numbers((_unused, i) => latency[i] * Number(counts[i]) * 1.1),
        numbers((_unused, i) => (latency[i] * 1.1) / 3),
        numbers((_unused, i) => latency[i]),
        numbers((_unused, i) => latency[i] + 100),
      ],
      origin: null,
    }
  })
}
