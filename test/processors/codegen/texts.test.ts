/** Texts in generated code: asked once for each dictionary entry, chosen by id, in dictionaries that stay within their bound. */
import { afterEach, expect, test, vi } from 'vitest'
import { DICTIONARY_ENTRIES_MAX, Dictionary } from '../../../core/dictionary.ts'
import { type RowBatch, textAt } from '../../../core/rows.ts'
import { expressionCompiler } from '../../../processors/codegen/expression-compiler.ts'
import { RowFailures } from '../../../processors/expressions/failures.ts'
import { everyRow } from '../../../processors/expressions/selection.ts'
import { batchOf, call, choose, column, comparison, HOST, literal, schemaOf } from '../expressions/builders.ts'

afterEach(() => vi.restoreAllMocks())

const S = schemaOf({ i: 'INTEGER', s: 'VARCHAR(20)', u: 'VARCHAR(20)' })
const text = (value: string | null) => literal(value, 'VARCHAR(20)')
const many = comparison('>', column(S, 'i'), literal(2, 'INTEGER'))

function over(dictionary: Dictionary, texts: readonly string[]): RowBatch {
  const batch = batchOf(
    S,
    texts.map((one, i) => [i, one, null]),
  )
  const ids = Int32Array.from(texts, one => dictionary.idOf(one))
  return {
    ...batch,
    columns: batch.columns.map((one, i) => (i === 1 ? { layout: 'dictionary', ids, dictionary } : one)),
  }
}

test('a text is asked when its entry is new, and never again', () => {
  const condition = comparison('=', call('UPPER', [column(S, 's')], 'VARCHAR(20)'), text('B'))
  const upper = call('UPPER', [column(S, 's')], 'VARCHAR(20)')
  const set = expressionCompiler(HOST).set([
    condition,
    upper,
    choose([[many, column(S, 's')]], text('few'), 'VARCHAR(20)'),
  ])
  const dictionary = new Dictionary()
  const run = (batch: RowBatch) => set({ batch, failures: new RowFailures() }, everyRow(batch.length))
  run(over(dictionary, ['a', 'b', 'a', 'c']))
  const asked = vi.spyOn(Dictionary.prototype, 'textOf')
  const [, uppers] = run(over(dictionary, ['c', 'b', 'b', 'a', 'a', 'a']))
  expect(asked).not.toHaveBeenCalled()
  run(over(dictionary, ['d', 'a', 'd', 'd']))
  expect(asked).toHaveBeenCalled()
  expect([0, 1, 2, 3].map(row => textAt(uppers!, row))).toEqual(['C', 'B', 'B', 'A'])
})

test('chosen texts keep one dictionary until it is full, and then get a new one', () => {
  const set = expressionCompiler(HOST).set([choose([[many, column(S, 's')]], text('few'), 'VARCHAR(20)')])
  const seen = new Set<Dictionary>()
  let next = 0
  for (let n = 0; n < 80; n++) {
    const texts = Array.from({ length: 1_000 }, () => `text ${next++}`)
    const batch = over(new Dictionary(), texts)
    const [chosen] = set({ batch, failures: new RowFailures() }, everyRow(batch.length))
    if (chosen?.layout !== 'dictionary') throw new Error('texts are chosen by id')
    seen.add(chosen.dictionary)
    expect(chosen.dictionary.size).toBeLessThan(DICTIONARY_ENTRIES_MAX + 1_100)
    expect([0, 2, 3, 999].map(row => textAt(chosen, row))).toEqual(['few', 'few', texts[3], texts[999]])
  }
  expect(seen.size).toBe(2)
})
