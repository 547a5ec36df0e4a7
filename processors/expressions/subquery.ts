/** IN, EXISTS and scalar subqueries over finite rows that are there already. A new answer makes a new kernel. */
import { assert } from '../../core/assert.ts'
import type { Value } from '../../core/rows.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import type { Expression } from '../sql/expression.ts'
import { scaleOf } from './arithmetic.ts'
import { comparator, withoutPadding } from './comparison.ts'
import { powerOfTen } from './decimal.ts'
import { RowFailure } from './failures.ts'
import type { ExpressionHost, Kernel, SubqueryRows } from './kernel.ts'
import { literalKernel } from './leaves.ts'
import { type LiftedArgument, lift } from './lift.ts'
import { constantVector } from './vectors.ts'

type SubqueryExpression = Extract<Expression, { kind: 'in-query' | 'exists' | 'scalar-query' }>

export function subqueryKernel(
  expression: SubqueryExpression,
  host: ExpressionHost,
  argument: (operand: Expression) => LiftedArgument,
): Kernel {
  const subquery = host.subqueries?.[expression.subquery]
  assert(subquery !== undefined, 'an expression names a subquery of its program')
  const make = kernelMaker(expression, argument)
  let kernel: Kernel | null = null
  let version = -1
  return (evaluation, selection) => {
    if (kernel === null || version !== subquery.version) {
      kernel = make(subquery)
      version = subquery.version
    }
    return kernel(evaluation, selection)
  }
}

function kernelMaker(
  expression: SubqueryExpression,
  argument: (operand: Expression) => LiftedArgument,
): (subquery: SubqueryRows) => Kernel {
  const { type, span } = expression
  switch (expression.kind) {
    case 'exists':
      return ({ rows }) => literalKernel(rows.length > 0 ? 1 : 0, type)
    case 'scalar-query':
      return ({ rows }) => {
        if (rows.length < 2) return literalKernel(rows[0]?.[0] ?? null, type)
        const failure = new RowFailure(
          'INVALID_ARGUMENT',
          `the subquery has ${rows.length} rows where one value is meant`,
        )
        return ({ batch, failures }, selection) => {
          for (let i = 0; i < selection.length; i++) failures.add(selection.rows[i]!, failure, span)
          return constantVector(storageOf(type), null, batch.length)
        }
      }
    case 'in-query': {
      const args = expression.operands.map(argument)
      const types = args.map(arg => arg.type)
      return subquery => lift(membership(subquery, types), args, type, span, { seesNull: true })
    }
  }
}

/** TRUE for a row that is there; else UNKNOWN where a NULL on either side might have made one equal; else FALSE. */
function membership(
  { rows, types: theirs }: SubqueryRows,
  ours: readonly SqlType[],
): (values: readonly Value[]) => Value {
  const keys = ours.map((type, index) => keyOf(type, theirs[index] ?? type))
  const theirKeys = ours.map((type, index) => keyOf(theirs[index] ?? type, type))
  const compares = ours.map((type, index) => comparator(type, theirs[index] ?? type))
  const whole = new Set<string>()
  const withNull: (readonly Value[])[] = []
  const textOf = (row: readonly Value[], by: typeof keys): string =>
    row.map((value, index) => by[index]!(value)).join('')
  for (const row of rows) {
    if (row.includes(null)) withNull.push(row)
    else whole.add(textOf(row, theirKeys))
  }
  const mayEqual = (row: readonly Value[], values: readonly Value[]): boolean =>
    row.every((value, index) => {
      const other = values[index] ?? null
      return value === null || other === null || compares[index]!(other, value) === 0
    })
  return values => {
    if (rows.length === 0) return 0
    if (!values.includes(null)) {
      if (whole.has(textOf(values, keys))) return 1
      return withNull.some(row => mayEqual(row, values)) ? null : 0
    }
    return rows.some(row => mayEqual(row, values)) ? null : 0
  }
}

/**
 * A text that a value of one type shares with a value of the other exactly when they are equal; its length is part of it, so that
 * texts can be joined.
 */
function keyOf(own: SqlType, other: SqlType): (value: Value) => string {
  const padded = own.kind === 'CHAR' || other.kind === 'CHAR'
  const up = powerOfTen(Math.max(scaleOf(other) - scaleOf(own), 0))
  return value => {
    const text =
      value instanceof Uint8Array
        ? Buffer.from(value).toString('latin1')
        : typeof value === 'string' && padded
          ? withoutPadding(value)
          : // 0 and -0 are equal.
            String(typeof value === 'bigint' ? value * up : value === 0 ? 0 : value)
    return `${text.length}:${text}`
  }
}
