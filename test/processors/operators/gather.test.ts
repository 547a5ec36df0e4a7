/** Rows of columns side by side: what stands in a place that has no row. */
import { expect, test } from 'vitest'
import { gatherOrNull } from '../../../processors/operators/gather.ts'

test('a place without a row is NULL and holds 0, not what the first row holds', () => {
  const selection = { rows: Int32Array.of(1, -1, 0), length: 3 }
  const nulls = Uint8Array.of(0, 0)
  expect(gatherOrNull({ layout: 'number', values: Float64Array.of(7, 8), nulls }, selection)).toEqual({
    layout: 'number',
    values: Float64Array.of(8, 0, 7),
    nulls: Uint8Array.of(0, 1, 0),
  })
  expect(gatherOrNull({ layout: 'bigint', values: BigInt64Array.of(7n, 8n), nulls }, selection)).toEqual({
    layout: 'bigint',
    values: BigInt64Array.of(8n, 0n, 7n),
    nulls: Uint8Array.of(0, 1, 0),
  })
})
