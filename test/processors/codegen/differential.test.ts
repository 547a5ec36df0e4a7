/** Generated code and the interpreter give the same rows, failures and words for random expressions over random batches. */
import { expect, test, vi } from 'vitest'
import { expressionCompiler } from '../../../processors/codegen/expression-compiler.ts'
import { RowFailure } from '../../../processors/expressions/failures.ts'
import { everyRow } from '../../../processors/expressions/selection.ts'
import { any, batchOf, column, comparison, HOST, literal, schemaOf } from '../expressions/builders.ts'
import { asked, filtered } from './equal.ts'
import { RandomExpressions } from './random-expressions.ts'

// Long runs are asked for by hand: CODEGEN_CASES=20000 CODEGEN_SEED=3.
vi.setConfig({ testTimeout: 3_600_000 })

const CASES = Number(process.env.CODEGEN_CASES ?? 150)
const SEED = Number(process.env.CODEGEN_SEED ?? 1)

test('sets of random expressions', () => {
  for (let n = 0; n < CASES; n++) {
    const random = new RandomExpressions(SEED * 1_000_003 + n)
    const expressions = Array.from({ length: 1 + random.below(4) }, () => random.any(1 + random.below(4)))
    const required = expressions.map(() =>
      random.below(5) === 0 ? new RowFailure('NULL_NOT_ALLOWED', 'NULL for a column') : null,
    )
    const options = { scratch: random.below(2) === 0, required }
    const [generated, interpreted] = [asked('auto', expressions, options), asked('off', expressions, options)]
    for (let b = 0; b < 3; b++) {
      const batch = random.batch(1 + random.below(30))
      const selection = random.selection(batch.length)
      expect(generated(batch, selection), `case ${n}, batch ${b}`).toEqual(interpreted(batch, selection))
    }
  }
})

test('filters by random conditions', () => {
  for (let n = 0; n < CASES; n++) {
    const random = new RandomExpressions(SEED * 2_000_003 + n)
    const condition = random.truth(1 + random.below(5))
    const generated = filtered(expressionCompiler(HOST, 'auto'), condition)
    const interpreted = filtered(expressionCompiler(HOST, 'off'), condition)
    for (let b = 0; b < 3; b++) {
      const batch = random.batch(1 + random.below(30))
      const selection = random.selection(batch.length)
      expect(generated(batch, selection), `case ${n}, batch ${b}`).toEqual(interpreted(batch, selection))
    }
  }
})

test('OR does not ask what a column holds where it is NULL', () => {
  const schema = schemaOf({ FLAG: 'BOOLEAN', X: 'INTEGER' })
  const batch = batchOf(schema, [
    [null, 1],
    [null, 9],
    [1, 1],
    [0, 1],
  ])
  const [flag] = batch.columns
  if (flag?.layout === 'number') flag.values[0] = flag.values[1] = 1
  const condition = any(column(schema, 'FLAG'), comparison('>', column(schema, 'X'), literal(3, 'INTEGER')))
  for (const codegen of ['auto', 'off'] as const) {
    expect(asked(codegen, [condition])(batch)).toEqual([[null], [1], [1], [0]])
    expect(filtered(expressionCompiler(HOST, codegen), condition)(batch, everyRow(4))).toEqual([1, 2])
  }
})
