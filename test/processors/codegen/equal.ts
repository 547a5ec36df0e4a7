/** Runs expressions both ways over the same batch. */
import { type RowBatch, typedValueAt, type Value } from '../../../core/rows.ts'
import { type ExpressionCompiler, expressionCompiler } from '../../../processors/codegen/expression-compiler.ts'
import type { SetOptions } from '../../../processors/codegen/generated-set.ts'
import { RowFailures } from '../../../processors/expressions/failures.ts'
import { everyRow, type Selection } from '../../../processors/expressions/selection.ts'
import type { Expression } from '../../../processors/sql/expression.ts'
import { HOST } from '../expressions/builders.ts'

/** Each selected row: its values, or why it failed. */
export type Answers = readonly (readonly (Value | undefined)[] | string)[]

export type Asked = (batch: RowBatch, selection?: Selection) => Answers

/** The set, made once, for any number of batches. */
export function asked(codegen: 'auto' | 'off', expressions: readonly Expression[], options: SetOptions = {}): Asked {
  const set = expressionCompiler(HOST, codegen).set(expressions, options)
  return (batch, selection = everyRow(batch.length)) => {
    const failures = new RowFailures()
    const columns = set({ batch, failures }, selection)
    return Array.from({ length: selection.length }, (_, i) => {
      const row = selection.rows[i]!
      const failure = failures.get(row)
      if (failure !== undefined) return `${failure.name}: ${failure.message}`
      return columns.map((column, index) => typedValueAt(column, expressions[index]!.type, row))
    })
  }
}

/** The rows that a condition keeps, and the failures of the others. */
export function filtered(
  compiler: ExpressionCompiler,
  condition: Expression,
): (batch: RowBatch, selection: Selection) => readonly (number | string)[] {
  const filter = compiler.filter(condition)
  return (batch, selection) => {
    const failures = new RowFailures()
    const kept = filter({ batch, failures }, selection)
    const failed = [...failures.among(selection)].map(([row, { name, message }]) => `${row} ${name} ${message}`)
    return [...kept.rows.subarray(0, kept.length), ...failed]
  }
}
