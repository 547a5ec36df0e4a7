/**
 * Table functions that add columns to every row from what came before it: RANDOM_CUT_FOREST, with and without
 * explanation, and HOTSPOTS. Rows keep their rowtime and their record; nothing waits.
 */
import { assert } from '../../core/assert.ts'
import { type ColumnVector, type RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { Hotspots, type HotspotsParameters, hotspotsText } from '../analytics/hotspots.ts'
import { anomalyExplanation } from '../analytics/random-cut-forest/explanation.ts'
import type { ForestParameters } from '../analytics/random-cut-forest/parameters.ts'
import { RandomCutForest } from '../analytics/random-cut-forest/random-cut-forest.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import { vectorWriter } from '../expressions/vectors.ts'
import { gatherRows } from './gather.ts'
import type { Input, Operator } from './operator.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

/** What a function makes of numbers: columns of `count` rows each. */
export interface RowScores {
  /** @param values row after row; NaN is NULL */
  score(values: Float64Array, count: number): readonly ColumnVector[]
  snapshot(writer: StateWriter): Generator<void>
  restore(reader: StateReader): void
}

export interface RowScorerOptions {
  readonly name: string
  /** columns of the input, then those that the scores add */
  readonly schema: Schema
  /** indexes of the numeric columns of the input */
  readonly columns: readonly number[]
  readonly scores: RowScores
  readonly output: Input
}

export class RowScorer implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: RowScorerOptions

  constructor(options: RowScorerOptions) {
    this.name = options.name
    this.#options = options
  }

  push(rows: RowBatch, selection: Selection): void {
    if (selection.length === 0) return
    const { columns, scores, schema, output } = this.#options
    const kept = gatherRows(rows, selection)
    const values = new Float64Array(kept.length * columns.length)
    for (const [place, index] of columns.entries()) {
      const column = kept.columns[index]
      assert(column?.layout === 'number' || column?.layout === 'bigint', 'numbers lie in number or bigint columns')
      for (let row = 0; row < kept.length; row++)
        values[row * columns.length + place] = column.nulls[row] === 1 ? NaN : Number(column.values[row])
    }
    const added = scores.score(values, kept.length)
    output.push({ ...kept, schema, columns: [...kept.columns, ...added] }, everyRow(kept.length))
  }

  advance(bound: number): void {
    this.#options.output.advance(bound)
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    yield* this.#options.scores.snapshot(writer)
  }

  restore(reader: StateReader): void {
    this.#options.scores.restore(reader)
  }
}

/** @param names of the numeric columns; @param explanation null: scores only */
export function forestScores(
  parameters: ForestParameters,
  names: readonly string[],
  explanation: { readonly withDirectionality: boolean } | null,
  seed: number,
): RowScores {
  const forest = new RandomCutForest({ parameters, columns: names.length, seed })
  return {
    score(values, count) {
      const scores = new Float64Array(count)
      const parts = explanation === null ? null : new Float64Array(count * names.length * 2)
      forest.score(values, count, scores, parts)
      const added: ColumnVector[] = [{ layout: 'number', values: scores, nulls: new Uint8Array(count) }]
      if (explanation !== null && parts !== null)
        added.push(
          texts(count, row => anomalyExplanation(names, parts, row * names.length * 2, explanation.withDirectionality)),
        )
      return added
    },
    snapshot: writer => forest.snapshot(writer),
    restore: reader => forest.restore(reader),
  }
}

export function hotspotScores(parameters: HotspotsParameters, columns: number): RowScores {
  const hotspots = new Hotspots(parameters, columns)
  return {
    score: (values, count) => [texts(count, row => hotspotsText(hotspots.push(values, row * columns)))],
    snapshot: writer => hotspots.snapshot(writer),
    restore: reader => hotspots.restore(reader),
  }
}

function texts(count: number, textOf: (row: number) => string): ColumnVector {
  const writer = vectorWriter('text', count)
  for (let row = 0; row < count; row++) writer.set(row, textOf(row))
  return writer.finish()
}
