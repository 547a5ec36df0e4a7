import { expect, test } from 'vitest'
import { RowBuilder } from '../../../core/row-builder.ts'
import { type RowBatch, typedValueAt, type Value } from '../../../core/rows.ts'
import type { Schema } from '../../../core/schema.ts'
import {
  TABLE_FUNCTIONS,
  type TableFunctionArgument,
  tableFunctionPlan,
} from '../../../processors/analytics/table-functions.ts'
import { everyRow, type Selection } from '../../../processors/expressions/selection.ts'
import { STATE_LIMITS_DEFAULT } from '../../../processors/operators/limits.ts'
import type { Input, Operator } from '../../../processors/operators/operator.ts'
import { tableFunction } from '../../../processors/operators/table-function.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { schemaOf } from '../expressions/builders.ts'
import { carryOver } from './snapshots.ts'

const T0 = Date.UTC(2026, 0, 1, 9)

/** What comes out: rows as values behind their rowtimes, and bounds between them as numbers. */
class Collected implements Input {
  readonly rows: Value[][] = []
  readonly bounds: number[] = []
  #bound = -Infinity

  push(batch: RowBatch, selection: Selection): void {
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const rowtime = batch.rowtimes[row]!
      expect(rowtime).toBeGreaterThanOrEqual(this.#bound)
      expect(batch.columns).toHaveLength(batch.schema.columns.length)
      this.rows.push([
        rowtime,
        ...batch.columns.map((column, index) => typedValueAt(column, batch.schema.columns[index]!.type, row)),
      ])
    }
  }

  advance(bound: number): void {
    this.#bound = bound
    this.bounds.push(bound)
  }
}

function batchOf(schema: Schema, rows: readonly (readonly Value[])[]): RowBatch {
  const builder = new RowBuilder(schema)
  for (const [rowtime, ...values] of rows) builder.add(rowtime as number, values)
  return builder.take()
}

/** Runs a function over rows (rowtime first) cut into batches, optionally through a restart after each. */
function run(
  name: string,
  args: readonly TableFunctionArgument[],
  schema: Schema,
  rows: readonly (readonly Value[])[],
  { cut = 1_000, restarting = false } = {},
): Value[][] {
  const planned = tableFunctionPlan(name, args, schema)
  const collected = new Collected()
  const create = (): Operator & Input =>
    tableFunction({
      name: `table function 1 of pump "P"`,
      plan: planned.plan,
      input: schema,
      schema: planned.schema,
      output: collected,
      limits: STATE_LIMITS_DEFAULT,
    })
  let operator = create()
  const drain = (): void => {
    while (operator.work());
  }
  for (let from = 0; from < rows.length; from += cut) {
    const batch = batchOf(schema, rows.slice(from, from + cut))
    operator.push(batch, everyRow(batch.length))
    drain()
    operator.advance(batch.rowtimes[batch.length - 1]!)
    drain()
    if (!restarting) continue
    const next = create()
    carryOver(operator, next)
    operator = next
  }
  operator.advance(Infinity)
  drain()
  expect(collected.bounds.at(-1)).toBe(Infinity)
  return collected.rows
}

const MIXED = schemaOf({ sensor: 'VARCHAR(10)', temp: 'DOUBLE', load: 'BIGINT', price: 'DECIMAL(10,2)', n: 'INTEGER' })

function mixedRows(count: number): Value[][] {
  const random = seededRandom(5)
  return Array.from({ length: count }, (_, row) => [
    T0 + row * 500,
    `s${row % 3}`,
    row === 350 ? 90 : 10 + random.next(),
    row % 50 === 0 ? null : BigInt(random.below(100)),
    BigInt(row),
    random.below(5),
  ])
}

const CALLS: readonly (readonly [string, readonly TableFunctionArgument[]])[] = [
  ['RANDOM_CUT_FOREST', [20]],
  ['RANDOM_CUT_FOREST_WITH_EXPLANATION', [5, 50, 1_000, 2, true]],
  ['HOTSPOTS', [100, 12, 10]],
  ['TOP_K_ITEMS_TUMBLING', ['sensor', 2, 7]],
  ['COUNT_DISTINCT_ITEMS_TUMBLING', ['load', 7]],
  ['GROUP_RANK', ['n', 'rank', 'desc', 'asc', 0, 0]],
]

test('every table function gives the same rows wherever batches are cut, and through restarts', () => {
  expect(CALLS.map(([name]) => name)).toEqual(TABLE_FUNCTIONS)
  const rows = mixedRows(400).map(([rowtime, ...rest]) => [Math.floor((rowtime as number) / 2_000) * 2_000, ...rest])
  for (const [name, args] of CALLS) {
    const whole = run(name, args, MIXED, rows)
    expect(whole.length).toBeGreaterThan(0)
    for (const cut of [1, 7, 64]) {
      expect(run(name, args, MIXED, rows, { cut })).toEqual(whole)
      if (cut > 1) expect(run(name, args, MIXED, rows, { cut, restarting: true })).toEqual(whole)
    }
  }
})

test('a forest adds its score to every row, and takes every number but DECIMAL', () => {
  const planned = tableFunctionPlan('RANDOM_CUT_FOREST', [], MIXED)
  expect(planned.plan).toEqual({
    kind: 'random-cut-forest',
    parameters: { numberOfTrees: 100, subSampleSize: 256, timeDecay: 100_000, shingleSize: 1 },
    columns: [1, 2, 4],
    explanation: null,
  })
  expect(planned.schema.columns.slice(0, 5)).toEqual(MIXED.columns)
  expect(planned.schema.columns[5]).toEqual({ name: 'ANOMALY_SCORE', type: { kind: 'DOUBLE' }, nullable: false })
  const input = mixedRows(400)
  const narrow = schemaOf({ sensor: 'VARCHAR(10)', temp: 'DOUBLE' })
  const rows = input.map(row => row.slice(0, 3))
  const results = run('RANDOM_CUT_FOREST', [50], narrow, rows)
  expect(results.map(row => row.slice(0, -1))).toEqual(rows)
  const scores = results.map(row => row.at(-1) as number)
  expect(scores.slice(0, 256).every(score => score === 0)).toBe(true)
  expect(scores[350]).toBe(Math.max(...scores))
  expect(scores[350]).toBeGreaterThan(3 * scores[349]!)
})

test('explanations name the columns, in JSON that adds up to the score', () => {
  const rows = mixedRows(400)
  const results = run('RANDOM_CUT_FOREST_WITH_EXPLANATION', [20, 100, 1_000, 1, true], MIXED, rows)
  const training = JSON.parse(results[20]!.at(-1) as string)
  expect(training).toEqual(
    Object.fromEntries(
      ['temp', 'load', 'n'].map(name => [name, { DIRECTION: 'LOW', STRENGTH: '0.0000', ATTRIBUTION_SCORE: '0.0000' }]),
    ),
  )
  const high = JSON.parse(results[350]!.at(-1) as string)
  expect(high.temp.DIRECTION).toBe('HIGH')
  for (const row of results) {
    const parts = Object.values(JSON.parse(row.at(-1) as string) as Record<string, { ATTRIBUTION_SCORE: string }>)
    const sum = parts.reduce((total, part) => total + Number(part.ATTRIBUTION_SCORE), 0)
    expect(Math.abs(sum - (row.at(-2) as number))).toBeLessThan(0.0002)
  }
  const plain = run('RANDOM_CUT_FOREST_WITH_EXPLANATION', [20, 100, 1_000, 1], MIXED, rows)
  expect(Object.keys(JSON.parse(plain[350]!.at(-1) as string).temp)).toEqual(['ATTRIBUTION_SCORE'])
})

test('25 of 100 rows in a unit square are a hotspot of density 25', () => {
  const schema = schemaOf({ X: 'DOUBLE', Y: 'REAL' })
  const rows: Value[][] = Array.from({ length: 75 }, (_, row) => [T0, 100 + row * 10, -row * 10])
  for (let row = 0; row < 25; row++) rows.push([T0, 1 + (row % 5) / 4, 1 + Math.floor(row / 5) / 4])
  const results = run('HOTSPOTS', [100, 0.5, 20], schema, rows)
  expect(results[0]!.at(-1)).toBe('{"hotspots":[]}')
  expect(results[99]!.at(-1)).toBe('{"hotspots":[{"density":25,"minValues":[1,1],"maxValues":[2,2]}]}')
})

test('top items and distinct items leave at the end of each window', () => {
  const schema = schemaOf({ word: 'VARCHAR(5)', ms: 'DOUBLE' })
  const start = Math.ceil(T0 / 70_000) * 70_000
  const words = ['a', 'b', 'a', null, 'c', 'b', 'a', 'c', 'z']
  const rows = words.map((word, i) => [start + i * 10_000, word, (i % 2) + 0.5])
  expect(run('TOP_K_ITEMS_TUMBLING', ['word', 2, 70], schema, rows)).toEqual([
    [start + 70_000, 'a', 3n],
    [start + 70_000, 'b', 2n],
    [start + 140_000, 'c', 1n],
    [start + 140_000, 'z', 1n],
  ])
  const hour = (Math.floor(start / 3_600_000) + 1) * 3_600_000
  expect(run('COUNT_DISTINCT_ITEMS_TUMBLING', ['word', 3_600], schema, rows)).toEqual([[hour, 4n]])
  expect(run('TOP_K_ITEMS_TUMBLING', ['ms', 1, 3_600], schema, rows)).toEqual([[hour, '0.5', 5n]])
})

test('a window of 5,000 top items leaves in batches, before the bound', () => {
  const schema = schemaOf({ word: 'VARCHAR(5)' })
  const rows = Array.from({ length: 5_000 }, (_, i) => [T0, `${i}`])
  const results = run('TOP_K_ITEMS_TUMBLING', ['word', 100_000, 1], schema, rows)
  expect(results).toEqual(rows.map(([, word]) => [T0 + 1_000, word, 1n]))
})

test('ranks of 4, 9, 9, 1 by desc, asc and at most 3 rows', () => {
  const schema = schemaOf({ n: 'INTEGER', word: 'VARCHAR(5)' })
  const rows = [4, 9, 9, 1, 7].map((n, i) => [i < 4 ? T0 : T0 + 1, n, `w${i}`])
  const planned = tableFunctionPlan('GROUP_RANK', ['n', 'groupRank', 'desc', 'asc', 10, 3], schema)
  expect(planned.schema.columns.at(-1)).toEqual({ name: 'groupRank', type: { kind: 'INTEGER' }, nullable: false })
  expect(run('GROUP_RANK', ['n', 'groupRank', 'desc', 'asc', 10, 3], schema, rows)).toEqual([
    [T0, 9, 'w1', 1],
    [T0, 9, 'w2', 1],
    [T0, 4, 'w0', 3],
    [T0 + 1, 7, 'w4', 1],
  ])
})

test('a call that cannot work is refused with the argument and its range', () => {
  const refused = (name: string, ...args: TableFunctionArgument[]): string => {
    try {
      tableFunctionPlan(name, args, MIXED)
    } catch (error) {
      return (error as Error).message
    }
    return 'accepted'
  }
  expect(refused('RANDOM_CUT_FOREST', 100, 256, 100_000, 1, true)).toBe(
    'RANDOM_CUT_FOREST got 5 arguments after its cursor; give 0 to 4: numberOfTrees, subSampleSize, timeDecay, shingleSize',
  )
  expect(refused('RANDOM_CUT_FOREST', 'many')).toBe("numberOfTrees of RANDOM_CUT_FOREST is 'many'; give a number")
  expect(refused('RANDOM_CUT_FOREST', 5_000)).toContain('from 1 to 1000')
  expect(refused('RANDOM_CUT_FOREST_WITH_EXPLANATION', 1, 256, 100_000, 1, 1)).toContain('give TRUE or FALSE')
  expect(refused('HOTSPOTS', 100, 1)).toContain('got 2 arguments after its cursor; give 3: windowSize')
  expect(refused('HOTSPOTS', 100, -1, 5)).toContain('scanRadius of HOTSPOTS is -1')
  expect(refused('TOP_K_ITEMS_TUMBLING', 'SENSOR', 5, 60)).toBe(
    "column 'SENSOR' of TOP_K_ITEMS_TUMBLING is not in its cursor, which has 'sensor', 'temp', 'load', 'price', 'n'; case matters",
  )
  expect(refused('TOP_K_ITEMS_TUMBLING', 'sensor', 0, 60)).toContain('k of TOP_K_ITEMS_TUMBLING is 0')
  expect(refused('TOP_K_ITEMS_TUMBLING', 'sensor', 100_001, 60)).toContain('from 1 to 100000')
  expect(refused('TOP_K_ITEMS_TUMBLING', 'sensor', 5, 3_601)).toContain('in seconds is 3601')
  expect(refused('COUNT_DISTINCT_ITEMS_TUMBLING', 'sensor', 0)).toContain('from 1 to 3600')
  expect(refused('GROUP_RANK', 'n', 'temp', 'asc', 'asc', 0, 0)).toContain('adds the column "temp"')
  expect(refused('GROUP_RANK', 'n', 'r', 'upwards', 'asc', 0, 0)).toContain("give 'asc' or 'desc'")
  expect(refused('GROUP_RANK', 'n', 'r', 'asc', 'asc', -1, 0)).toContain('maxIdle of GROUP_RANK in milliseconds is -1')
  expect(refused('MONOTONIC_TABLE')).toContain('table function MONOTONIC_TABLE is unknown; there are RANDOM_CUT_FOREST')
})
