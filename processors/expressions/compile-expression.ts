/** Bound expressions to kernels: the interpreter. Each node becomes one closure with a loop over typed arrays. */
import { unreachable } from '../../core/assert.ts'
import { SqlError } from '../../core/errors.ts'
import { typedValueAt, type Value } from '../../core/rows.ts'
import { type SqlType, sqlTypeText, storageOf } from '../../core/sql-type.ts'
import { type Expression, operandsOf } from '../sql/expression.ts'
import { exactArithmetic, negateKernel, numberArithmetic } from './arithmetic.ts'
import { castKernel } from './cast.ts'
import { comparisonKernel, distinctKernel } from './comparison.ts'
import { caseKernel } from './conditional.ts'
import { RowFailures } from './failures.ts'
import { functionNamed } from './functions.ts'
import type { ExpressionHost, Kernel } from './kernel.ts'
import { columnKernel, literalKernel, metadataKernel, rowtimeKernel } from './leaves.ts'
import type { LiftedArgument } from './lift.ts'
import { isKernel, junctionKernel, notKernel } from './logic.ts'
import { everyRow } from './selection.ts'
import { subqueryKernel } from './subquery.ts'
import { isDatetime, temporalArithmetic } from './temporal-arithmetic.ts'

/**
 * The kernel of an expression.
 * @throws SqlError `sql_bind` where a function or a conversion has no implementation
 */
export function compileExpression(expression: Expression, host: ExpressionHost): Kernel {
  const of = (operand: Expression): Kernel => argumentOf(operand, host).kernel
  const { type, span } = expression
  switch (expression.kind) {
    case 'literal':
      return literalKernel(expression.value, type)
    case 'column':
      return columnKernel(expression.index)
    case 'rowtime':
      return rowtimeKernel()
    case 'metadata':
      return metadataKernel(expression.name)
    case 'arithmetic': {
      const { operator } = expression
      const left = argumentOf(expression.left, host)
      const right = argumentOf(expression.right, host)
      const temporal = [left, right].some(({ type: side }) => isDatetime(side) || side.kind === 'INTERVAL')
      if (temporal) return temporalArithmetic(operator, left, right, type, span)
      return storageOf(type) === 'bigint'
        ? exactArithmetic(operator, left.kernel, right.kernel, left.type, right.type, type, span)
        : numberArithmetic(operator, left.kernel, right.kernel, type, span)
    }
    case 'negate':
      return negateKernel(of(expression.operand), type, span)
    case 'comparison':
      return comparisonKernel(
        expression.operator,
        argumentOf(expression.left, host),
        argumentOf(expression.right, host),
        span,
      )
    case 'distinct':
      return distinctKernel(argumentOf(expression.left, host), argumentOf(expression.right, host), expression.negated)
    case 'and':
    case 'or':
      return junctionKernel(expression.kind, expression.operands.map(of))
    case 'not':
      return notKernel(of(expression.operand))
    case 'is':
      return isKernel(expression.what, expression.negated, of(expression.operand))
    case 'case':
      return caseKernel(
        expression.branches.map(branch => ({ condition: of(branch.condition), result: of(branch.result) })),
        expression.otherwise === null ? null : of(expression.otherwise),
        type,
      )
    case 'cast': {
      const kernel = castKernel(argumentOf(expression.operand, host), type, span, host)
      if (kernel !== null) return kernel
      const from = sqlTypeText(expression.operand.type)
      throw new SqlError('sql_bind', `cannot convert ${from} to ${sqlTypeText(type)}`, span)
    }
    case 'call': {
      const implementation = functionNamed(expression.name)
      if (implementation === undefined)
        throw new SqlError('sql_bind', `function ${expression.name} cannot be run by this version`, span)
      return implementation({ args: expression.args.map(arg => argumentOf(arg, host)), type, span, host })
    }
    case 'in-query':
    case 'exists':
    case 'scalar-query':
      return subqueryKernel(expression, host, operand => argumentOf(operand, host))
    default:
      return unreachable(expression, 'compileExpression')
  }
}

/** An operand with its value where it is the same for every row: a constant is computed once, not once a row. */
function argumentOf(expression: Expression, host: ExpressionHost): LiftedArgument {
  const { type } = expression
  if (expression.kind === 'literal')
    return { kernel: literalKernel(expression.value, type), type, constant: expression.value }
  const kernel = compileExpression(expression, host)
  const constant = isConstant(expression) ? valueOfConstant(kernel, type) : undefined
  return { kernel: constant === undefined ? kernel : literalKernel(constant, type), type, constant }
}

/** The value of an expression that is the same for every row, or undefined. */
export function constantOf(expression: Expression, host: ExpressionHost): Value | undefined {
  if (expression.kind === 'literal') return expression.value
  return isConstant(expression) ? valueOfConstant(compileExpression(expression, host), expression.type) : undefined
}

/** A constant that fails must fail the rows that reach it, not the program: it stays a computation. */
function valueOfConstant(kernel: Kernel, type: SqlType): Value | undefined {
  const failures = new RowFailures()
  const batch = { schema: { columns: [] }, length: 1, rowtimes: new Float64Array(1), columns: [], origin: null }
  const constant = typedValueAt(kernel({ batch, failures }, everyRow(1)), type, 0)
  return failures.size > 0 ? undefined : constant
}

function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'rowtime':
    case 'metadata':
    case 'in-query':
    case 'exists':
    case 'scalar-query':
      return false
    case 'call':
      return expression.name !== 'CURRENT_ROW_TIMESTAMP' && expression.args.every(isConstant)
    default:
      return operandsOf(expression).every(isConstant)
  }
}
