/** Whether an expression can be NULL, for the schemas of plan nodes. */
import type { Schema } from '../../../core/schema.ts'
import { type Expression, operandsOf } from '../expression.ts'

/** @param schema of the rows that the expression reads */
export function isNullable(expression: Expression, schema: Schema): boolean {
  switch (expression.kind) {
    case 'literal':
      return expression.value === null
    case 'column':
      return schema.columns[expression.index]?.nullable ?? true
    case 'rowtime':
    case 'is':
    case 'distinct':
    case 'exists':
      return false
    case 'metadata':
    case 'in-query':
    case 'scalar-query':
      return true
    case 'case':
      if (expression.otherwise === null) return true
      return [...expression.branches.map(branch => branch.result), expression.otherwise].some(result =>
        isNullable(result, schema),
      )
    case 'call':
      if (expression.name === 'COALESCE') return expression.args.every(arg => isNullable(arg, schema))
      // These find nothing, or the same, where their arguments are not NULL.
      if (['NULLIF', 'SUBSTRING_COMMA', 'SUBSTRING_REGEX', 'SUBSTRING_SIMILAR', 'LOG_FIELD'].includes(expression.name))
        return true
      return expression.args.some(arg => isNullable(arg, schema))
    default:
      return operandsOf(expression).some(operand => isNullable(operand, schema))
  }
}
