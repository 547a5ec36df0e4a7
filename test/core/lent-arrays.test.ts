import { describe, expect, it } from 'vitest'
import { createDecoder } from '../../core/codecs/decoder.ts'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { isLent, LENT_ARRAYS_MAX, ownedRows } from '../../core/lent-arrays.ts'
import { RecordBatchBuilder } from '../../core/record.ts'
import { type RowBatch, typedValueAt } from '../../core/rows.ts'

const TYPES = ['DOUBLE', 'BIGINT', 'VARCHAR(8)', 'TIMESTAMP', 'BOOLEAN', 'DECIMAL(9,2)']
const schema = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } } },
  RecordColumns: TYPES.map((SqlType, i) => ({ Name: `c${i}`, SqlType, Mapping: `$.c${i}` })),
})
const errors = {
  add: (): never => {
    throw new Error('no record is refused')
  },
}

function recordsOf(count: number, seed: number) {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < count; i++) {
    const n = seed * 1_000 + i
    const row =
      i % 5 === 3 ? {} : { c0: n / 4, c1: n, c2: `t${n % 40}`, c3: '2024-01-01 00:00:01', c4: n % 2 === 0, c5: n }
    builder.add({
      data: Buffer.from(JSON.stringify(row)),
      rowtime: n,
      arrivedAt: n,
      partitionKey: 'k',
      shardId: 's',
      sequenceNumber: String(n),
      subsequenceNumber: 0,
    })
  }
  return builder.take()
}

const valuesOf = (rows: RowBatch) =>
  Array.from({ length: rows.length }, (_, row) => [
    rows.rowtimes[row],
    rows.origin?.records[row],
    ...rows.columns.map((column, i) => typedValueAt(column, rows.schema.columns[i]!.type, row)),
  ])

describe.each(['wasm', 'javascript', 'none'] as const)('a decoder that lends, scanner %s', scanner => {
  it('gives the rows of one that does not, batch after batch', () => {
    const lending = createDecoder(schema, { scanner, rowsLent: true })
    const giving = createDecoder(schema, { scanner })
    for (const [seed, count] of [1_000, 3, 1_024, 2_500, 1, 700].entries()) {
      const records = recordsOf(count, seed)
      const lent = lending.decode(records, errors).flatMap(valuesOf)
      expect(lent).toEqual(giving.decode(records, errors).flatMap(valuesOf))
    }
  })

  it('fills the same arrays again, and copies of its rows stay', () => {
    const decoder = createDecoder(schema, { scanner, rowsLent: true })
    const [first] = decoder.decode(recordsOf(50, 1), errors)
    const kept = ownedRows(first!)
    const before = valuesOf(first!)
    const arrays = new Set<unknown>([first!.rowtimes, first!.origin!.records, ...first!.columns.map(arrayOf)])
    const [second] = decoder.decode(recordsOf(50, 2), errors)
    for (const column of second!.columns) expect(arrays.has(arrayOf(column))).toBe(true)
    // Read no texts of the first batch: what were ids may be anything now.
    expect(first!.rowtimes.slice(0, 50)).not.toEqual(kept.rowtimes)
    expect(valuesOf(kept)).toEqual(before)
  })

  it('keeps no more arrays than its limit, however long a batch is', () => {
    const decoder = createDecoder(schema, { scanner, rowsLent: true })
    decoder.decode(recordsOf(1_024 * (LENT_ARRAYS_MAX / 4 + 2), 0), errors)
    const again = decoder.decode(recordsOf(1_024 * (LENT_ARRAYS_MAX / 4 + 2), 1), errors)
    expect(new Set(again.map(rows => rows.columns[1]!).map(arrayOf)).size).toBe(again.length)
  }, 60_000)
})

it('a decoder that does not lend gives arrays that are the caller’s', () => {
  const decoder = createDecoder(schema)
  const [first] = decoder.decode(recordsOf(50, 1), errors)
  const before = valuesOf(first!)
  expect(first!.columns.some(column => isLent(arrayOf(column)))).toBe(false)
  expect(ownedRows(first!).columns).toEqual(first!.columns)
  decoder.decode(recordsOf(50, 2), errors)
  expect(valuesOf(first!)).toEqual(before)
})

function arrayOf(column: RowBatch['columns'][number]) {
  return column.layout === 'dictionary' ? column.ids : column.layout === 'span' ? column.offsets : column.values
}
