/** Table functions of the service: their arguments and columns, and forests in programs. The golden programs have the rest. */
import { expect, test } from 'vitest'
import type { Value } from '../../core/rows.ts'
import { hash64 } from '../../processors/analytics/hash.ts'
import { anomalyExplanation } from '../../processors/analytics/random-cut-forest/explanation.ts'
import { RandomCutForest } from '../../processors/analytics/random-cut-forest/random-cut-forest.ts'
import { explainProgram } from '../../processors/sql/explain.ts'
import { planProgram } from '../../processors/sql/plan.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { asSpans, batchOf, schemaOf } from './expressions/builders.ts'
import { run } from './operators/programs.ts'
import { INPUTS } from './sql/inputs.ts'

const CURSOR = 'CURSOR(SELECT STREAM * FROM trades)'

function messageOf(call: string, items = '*'): string {
  const text = `CREATE STREAM O (a VARCHAR(10)); CREATE PUMP P AS INSERT INTO O SELECT STREAM ${items} FROM TABLE(${call})`
  try {
    planProgram(text, INPUTS)
  } catch (error) {
    return String(error).replace(/^SqlError: \d+:\d+ /, '')
  }
  return 'no error'
}

test.each([
  [`TOP_K_ITEMS_TUMBLING(${CURSOR}, 'TICKER', 10, 60)`, 'item'],
  [`TOP_K_ITEMS_TUMBLING(${CURSOR}, 'price', 100000, 3600)`, 'CAST(item_count AS VARCHAR(10))'],
  [`COUNT_DISTINCT_ITEMS_TUMBLING(${CURSOR}, 'SEEN_AT', 1)`, 'CAST(number_of_distinct_items AS VARCHAR(10))'],
  [`GROUP_RANK(${CURSOR}, 'QTY', 'groupRank', 'DESC', '', 0, 0)`, 'CAST("groupRank" AS VARCHAR(10))'],
  [`HOTSPOTS(${CURSOR}, 1000, 0.02, 13)`, 'hotspots_result'],
  [`RANDOM_CUT_FOREST(${CURSOR})`, 'CAST(anomaly_score AS VARCHAR(10))'],
  [`RANDOM_CUT_FOREST(${CURSOR}, 100, 256, 100000, 1)`, 'ticker'],
  [`RANDOM_CUT_FOREST_WITH_EXPLANATION(${CURSOR}, 100, 256, 100000, 1, TRUE)`, 'anomaly_explanation'],
])('%s is accepted', (call, item) => {
  expect(messageOf(call, item)).toBe('no error')
})

test.each([
  [
    `TOP_K_ITEMS_TUMBLING(${CURSOR}, 'ticker', 10, 60)`,
    /^column 'ticker' of TOP_K_ITEMS_TUMBLING is not in its cursor/,
  ],
  [
    `TOP_K_ITEMS_TUMBLING(${CURSOR}, ticker, 10, 60)`,
    /^arguments of TOP_K_ITEMS_TUMBLING are literals; columns are named in/,
  ],
  [
    `TOP_K_ITEMS_TUMBLING(${CURSOR}, 'TICKER', 0, 60)`,
    /^k of TOP_K_ITEMS_TUMBLING is 0; give a whole number from 1 to 100000/,
  ],
  [
    `TOP_K_ITEMS_TUMBLING(${CURSOR}, 'TICKER', 1, 3601)`,
    /^window of TOP_K_ITEMS_TUMBLING in seconds is 3601; give .* 1 to 3600/,
  ],
  [`TOP_K_ITEMS_TUMBLING(${CURSOR}, 'TICKER', 1)`, /^TOP_K_ITEMS_TUMBLING got 2 arguments after its cursor; give 3/],
  [
    `COUNT_DISTINCT_ITEMS_TUMBLING(${CURSOR}, 'TICKER', 1.5)`,
    /^window of COUNT_DISTINCT_ITEMS_TUMBLING in seconds is 1.5/,
  ],
  [
    `GROUP_RANK(${CURSOR}, 'QTY', 'MS', 'asc', 'asc', 0, 0)`,
    /^GROUP_RANK adds the column "MS", which its cursor has already/,
  ],
  [`GROUP_RANK(${CURSOR}, 'QTY', 'r', 'up', 'asc', 0, 0)`, /^sortOrder of GROUP_RANK is 'up'; give 'asc' or 'desc'/],
  [`GROUP_RANK(${CURSOR}, 'QTY', 'r', 'asc', 'asc', -1, 0)`, /^maxIdle of GROUP_RANK in milliseconds is -1/],
  [`HOTSPOTS(${CURSOR}, 99, 1, 10)`, /^windowSize of HOTSPOTS is 99; give a whole number from 100 to 1000/],
  [`HOTSPOTS(${CURSOR}, 100, 0, 10)`, /^scanRadius of HOTSPOTS is 0; give a number above 0/],
  [`HOTSPOTS(${CURSOR}, 100, 1, 101)`, /^minimumNumberOfPointsInAHotspot of HOTSPOTS is 101/],
  [
    'HOTSPOTS(CURSOR(SELECT STREAM ticker, paid FROM trades), 100, 1, 10)',
    /^HOTSPOTS got 0 numeric columns; select from 1 to 30/,
  ],
  [
    `RANDOM_CUT_FOREST(${CURSOR}, 1001)`,
    /^numberOfTrees of RANDOM_CUT_FOREST is 1001; give a whole number from 1 to 1000/,
  ],
  [
    `RANDOM_CUT_FOREST(${CURSOR}, 100, 256, 256)`,
    /^timeDecay of RANDOM_CUT_FOREST is 256, not above its subSampleSize 256/,
  ],
  [
    `RANDOM_CUT_FOREST(${CURSOR}, 1000, 1000, 100000, 30)`,
    /^RANDOM_CUT_FOREST with 1000 trees .* takes \d+ MB, over its limit/,
  ],
  [`RANDOM_CUT_FOREST(${CURSOR}, 100, 256, 100000, 1, TRUE)`, /^RANDOM_CUT_FOREST got 5 arguments after its cursor/],
  [
    `RANDOM_CUT_FOREST_WITH_EXPLANATION(${CURSOR}, 100, 256, 100000, 1, 'yes')`,
    /^withDirectionality of .* is 'yes'; give TRUE or FALSE/,
  ],
  [`TOP_K_ITEMS(${CURSOR}, 'TICKER', 1, 60)`, /^table function TOP_K_ITEMS not found/],
])('%s is refused', (call, message) => {
  expect(messageOf(call)).toMatch(message)
})

test('errors of arguments point at the argument', () => {
  const text = `CREATE STREAM O (a VARCHAR(10));
CREATE PUMP P AS INSERT INTO O SELECT STREAM item FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM trades), 'TICKER', 10, 0))`
  expect(() => planProgram(text, INPUTS)).toThrow(/^2:134 window of/)
})

test('explain shows the function and what bounds its state', () => {
  const text = `CREATE STREAM O (a VARCHAR(10)); CREATE PUMP P AS INSERT INTO O
    SELECT STREAM ticker FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM ticker, "price" FROM trades), 50))`
  expect(explainProgram(planProgram(text, INPUTS))).toContain(
    'RANDOM_CUT_FOREST of "price"; holds 50 trees of 256 rows\n',
  )
})

const IN = schemaOf({ name: 'VARCHAR(8)', x: 'DOUBLE', n: 'BIGINT', m: 'DECIMAL(6,2)' })

function rowsOf(count: number): Value[][] {
  const random = seededRandom(3)
  return Array.from({ length: count }, (_, row) => {
    const x = row % 37 === 36 ? null : row === count - 1 ? 90 : 10 + random.next()
    return [`n${row % 3}`, x, BigInt(random.below(5)), BigInt(row)]
  })
}

test('a forest in a program scores as the forest itself, whatever the batches, and after a restore', () => {
  const rows = rowsOf(90)
  const text = `CREATE STREAM O (name VARCHAR(8), m DECIMAL(6,2), score DOUBLE, why VARCHAR(500));
    CREATE PUMP P AS INSERT INTO O SELECT STREAM "name", "m", ANOMALY_SCORE, ANOMALY_EXPLANATION
      FROM TABLE(RANDOM_CUT_FOREST_WITH_EXPLANATION(CURSOR(SELECT STREAM * FROM "IN" WHERE "n" >= 0), 20, 30, 1000, 2, TRUE));`
  const plan = planProgram(text, [{ name: 'IN', schema: IN }])
  const inputs = [{ stream: 'IN', rows: batchOf(IN, rows) }]
  const { results, errors } = run(plan, inputs, ['O'])
  expect(errors).toEqual([])
  expect(run(plan, inputs, ['O'], { cut: 7, restoring: true, layout: asSpans }).results).toEqual(results)
  expect(run(plan, inputs, ['O'], { cut: 1, bounds: true }).results).toEqual(results)
  const parameters = { numberOfTrees: 20, subSampleSize: 30, timeDecay: 1_000, shingleSize: 2 }
  const forest = new RandomCutForest({ parameters, columns: 2, seed: hash64('table-function 1 of pump "P"', 0)[1] })
  const points = Float64Array.from(rows.flatMap(([, x, n]) => [x === null ? Number.NaN : Number(x), Number(n)]))
  const scores = new Float64Array(rows.length)
  const parts = new Float64Array(rows.length * 4)
  forest.score(points, rows.length, scores, parts)
  expect(results.O).toEqual(
    rows.map(([name, , , m], row) => {
      return `${row}|${name as string}|${m as bigint}|${scores[row]}|${anomalyExplanation(['x', 'n'], parts, row * 4, true)}`
    }),
  )
  const last = scores.at(-1)!
  expect(last).toBeGreaterThan(2 * scores.at(-3)!)
})
