/** The decoder that reads what is needed gives what the decoder of everything gives, whoever looks at which column. */
import { expect, test } from 'vitest'
import { createDecoder, createSparingDecoder } from '../../core/codecs/decoder.ts'
import type { ErrorRow } from '../../core/error-output.ts'
import { batchOf, type ColumnText, jsonSchema, valuesOf } from './codec-support.ts'
import { randomOf } from './scanner-support.ts'

const COLUMNS: readonly ColumnText[] = [
  ['id', 'INTEGER'],
  ['name', 'VARCHAR(20)'],
  ['big', 'BIGINT'],
  ['at', 'TIMESTAMP'],
  ['ratio', 'DOUBLE'],
  ['raw', 'VARBINARY(4)'],
]

/** Records of which some are broken, of another shape, or have a value without a place in its column. */
function records(count: number): string[] {
  const random = randomOf(7)
  return Array.from({ length: count }, (_, i) => {
    const wrong = random(12)
    if (wrong === 0) return '{"id":1,'
    return JSON.stringify({
      id: wrong === 1 ? 'none' : i,
      name: random(2) === 0 ? `n${random(5)}` : `name "${i}"`,
      big: wrong === 2 ? 1.5 : i * 1_000,
      at: wrong === 3 ? 'soon' : '2026-01-02 03:04:05.678',
      ...(wrong === 4 ? {} : { ratio: i / 7 }),
      raw: i % 3 === 0 ? null : 'AQI=',
    })
  })
}

test.each([
  [['id']],
  [['name', 'ratio']],
  [['at']],
  [[]],
  [['raw']],
])('of needed columns %j every row, value and error row is that of the whole decoder', needed => {
  const input = jsonSchema(COLUMNS)
  const answers = [createDecoder(input), createSparingDecoder(input, needed)].map(decoder => {
    const errors: ErrorRow[] = []
    const batches = [records(2_500), records(40)].map(batchOf)
    const decoded = batches.map(batch => decoder.decode(batch, { add: row => errors.push(row) }))
    return {
      // The last batch first: the order of looks must not matter.
      rows: decoded.toReversed().map(rows => rows.toReversed().map(valuesOf)),
      errors: errors.map(({ name, message, position }) => [name, message, position?.sequenceNumber]),
    }
  })
  expect(answers[1]!.rows).toEqual(answers[0]!.rows)
  expect(answers[1]!.errors).toEqual(answers[0]!.errors)
  expect(answers[0]!.errors.length).toBeGreaterThan(100)
})

test('a column that nobody needs is not decoded until somebody looks', () => {
  const decoder = createSparingDecoder(jsonSchema(COLUMNS), ['id'])
  const records = batchOf(['{"id":1,"name":"first"}'])
  const [rows] = decoder.decode(records, { add: () => {} })
  records.bytes.set(new TextEncoder().encode('{"id":1,"name":"later"}'))
  expect(valuesOf(rows!)[0]!.slice(0, 2)).toEqual([1, 'later'])
})
