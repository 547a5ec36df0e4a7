/** AND, OR, NOT, IS: three-valued logic. What an operand decides is shut off from the operands after it. */
import { unreachable } from '../../core/assert.ts'
import { isNullAt } from '../../core/rows.ts'
import type { Expression } from '../sql/expression.ts'
import type { Kernel } from './kernel.ts'
import { asNumbers, numberVector } from './vectors.ts'

/**
 * Kleene AND and OR. Each operand is evaluated for the rows that no operand before it has decided, so that
 * `b <> 0 AND a / b > 1` cannot divide by zero. A row whose operand failed is decided too: its first error stands.
 */
export function junctionKernel(kind: 'and' | 'or', operands: readonly Kernel[]): Kernel {
  // FALSE decides AND, TRUE decides OR; with neither, one NULL makes the answer NULL.
  const deciding = kind === 'and' ? 0 : 1
  return (evaluation, selection) => {
    const out = numberVector(evaluation.batch.length)
    const { values, nulls } = out
    const open = new Int32Array(selection.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      open[i] = row
      values[row] = 1 - deciding
    }
    let length = selection.length
    for (const operand of operands) {
      if (length === 0) break
      const column = asNumbers(operand(evaluation, { rows: open, length }))
      const failed = evaluation.failures.size > 0
      let kept = 0
      for (let i = 0; i < length; i++) {
        const row = open[i]!
        if (column.nulls[row] === 1) {
          nulls[row] = 1
          values[row] = 0
          if (failed && evaluation.failures.get(row) !== undefined) continue
        } else if (column.values[row] === deciding) {
          nulls[row] = 0
          values[row] = deciding
          continue
        }
        open[kept++] = row
      }
      length = kept
    }
    return out
  }
}

export function notKernel(operand: Kernel): Kernel {
  return (evaluation, selection) => {
    const column = asNumbers(operand(evaluation, selection))
    const out = numberVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      if (column.nulls[row] === 1) out.nulls[row] = 1
      else out.values[row] = 1 - column.values[row]!
    }
    return out
  }
}

/** IS [NOT] NULL, TRUE, FALSE, UNKNOWN: never NULL. */
export function isKernel(what: Extract<Expression, { kind: 'is' }>['what'], negated: boolean, operand: Kernel): Kernel {
  const yes = negated ? 0 : 1
  return (evaluation, selection) => {
    const column = operand(evaluation, selection)
    const out = numberVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      let holds: boolean
      switch (what) {
        case 'NULL':
        case 'UNKNOWN':
          holds = isNullAt(column, row)
          break
        case 'TRUE':
          holds = !isNullAt(column, row) && asNumbers(column).values[row] === 1
          break
        case 'FALSE':
          holds = !isNullAt(column, row) && asNumbers(column).values[row] === 0
          break
        default:
          return unreachable(what, 'isKernel')
      }
      out.values[row] = holds ? yes : 1 - yes
    }
    return out
  }
}
