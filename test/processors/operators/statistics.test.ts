import { expect, test } from 'vitest'
import type { ColumnVector } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { StatisticsPass } from '../../../processors/operators/accumulators/statistics.ts'
import { accumulatorOf } from '../../../processors/operators/accumulators.ts'
import { GroupTable } from '../../../processors/operators/group-table.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const DOUBLE: SqlType = { kind: 'DOUBLE' }
const BIGINT: SqlType = { kind: 'BIGINT' }
const NAMES = ['COUNT(*)', 'COUNT', 'SUM', 'AVG', 'MIN', 'MAX', 'SUM'] as const

const accumulators = (names: readonly (typeof NAMES)[number][]) =>
  names.map(name =>
    name === 'COUNT(*)' || name === 'COUNT'
      ? accumulatorOf('COUNT', name === 'COUNT' ? DOUBLE : null, BIGINT)
      : accumulatorOf(name, DOUBLE, DOUBLE),
  )

test('aggregates of one column in one pass are those that each gives by itself', () => {
  const random = seededRandom(11)
  let together = 0
  for (let round = 0; round < 300; round++) {
    const names = NAMES.filter(() => random.below(2) === 0)
    const numbers = Float64Array.from({ length: 100 }, () => (random.below(5) === 0 ? 0 : random.below(2_000) - 1_000))
    const nulls = Uint8Array.from({ length: 100 }, () => (random.below(6) === 0 ? 1 : 0))
    const keys: ColumnVector = {
      layout: 'number',
      values: Float64Array.from({ length: 100 }, () => random.below(7)),
      nulls: new Uint8Array(100),
    }
    const one: ColumnVector = { layout: 'number', values: numbers, nulls }
    const rows = Int32Array.from({ length: 100 }, (_, i) => i).filter(() => random.below(4) > 0)
    const shared = new GroupTable([DOUBLE], accumulators(names))
    const apart = new GroupTable([DOUBLE], accumulators(names))
    if (StatisticsPass.of(accumulators(names)) !== null) together++
    for (const [from, to] of [
      [0, rows.length >> 1],
      [rows.length >> 1, rows.length],
    ] as const) {
      const args = (copied: boolean) =>
        names.map(name => (name === 'COUNT(*)' ? null : copied ? { ...one, values: numbers.slice() } : one))
      shared.add([keys], args(false), rows, from, to)
      apart.add([keys], args(true), rows, from, to)
    }
    expect(shared.size).toBe(apart.size)
    for (let slot = 0; slot < shared.size; slot++) expect(shared.resultsOf(slot)).toEqual(apart.resultsOf(slot))
  }
  expect(together).toBeGreaterThan(100)
})
