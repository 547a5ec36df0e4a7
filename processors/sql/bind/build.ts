/** Makers of bound expressions: literals, conversions, and the structural key that tells two expressions to be the same. */
import type { TextSpan } from '../../../core/errors.ts'
import type { Value } from '../../../core/rows.ts'
import { type SqlType, sameSqlType, sqlTypeText } from '../../../core/sql-type.ts'
import { type Expression, operandsOf } from '../expression.ts'
import { familyOf } from './types.ts'

export const BOOLEAN: SqlType = { kind: 'BOOLEAN' }
export const INTEGER: SqlType = { kind: 'INTEGER' }
export const BIGINT: SqlType = { kind: 'BIGINT' }
export const DOUBLE: SqlType = { kind: 'DOUBLE' }
export const TIMESTAMP: SqlType = { kind: 'TIMESTAMP' }

export function literal(value: Value, type: SqlType, span: TextSpan): Expression {
  return { kind: 'literal', value, type, span }
}

/** The length of text as CHAR and VARCHAR count it. */
export function codePoints(text: string): number {
  return Array.from(text).length
}

export function textLiteral(value: string, span: TextSpan): Expression {
  return literal(value, { kind: 'VARCHAR', length: Math.max(1, codePoints(value)) }, span)
}

export function call(name: string, args: readonly Expression[], type: SqlType, span: TextSpan): Expression {
  return { kind: 'call', name, args, type, span }
}

/**
 * The expression in another type of its family. Text is never converted: CHAR and VARCHAR compare and mix as they are.
 * A bare NULL takes the type.
 */
export function coerce(expression: Expression, type: SqlType): Expression {
  if (expression.type.kind === 'NULL') return retype(expression, type)
  if (sameSqlType(expression.type, type)) return expression
  const family = familyOf(type)
  if (family === 'text' || family === 'binary' || family === 'interval') return expression
  return { kind: 'cast', reason: 'implicit', operand: expression, type, span: expression.span }
}

/** A bare NULL, or a CASE of bare NULLs, in a type. */
function retype(expression: Expression, type: SqlType): Expression {
  return literal(null, type, expression.span)
}

/**
 * Equal for two expressions that compute the same from the same row; places do not count, and neither does MONOTONIC,
 * which changes no value.
 */
export function expressionKey(expression: Expression): string {
  if (expression.kind === 'call' && expression.name === 'MONOTONIC') {
    const [operand] = expression.args
    if (operand !== undefined) return expressionKey(operand)
  }
  const parts: string[] = [expression.kind, sqlTypeText(expression.type)]
  switch (expression.kind) {
    case 'literal':
      parts.push(typeof expression.value, JSON.stringify(String(expression.value)))
      break
    case 'column':
      parts.push(String(expression.index))
      break
    case 'metadata':
    case 'call':
      parts.push(expression.name)
      break
    case 'arithmetic':
    case 'comparison':
      parts.push(expression.operator)
      break
    case 'is':
      parts.push(expression.what, String(expression.negated))
      break
    case 'in-query':
    case 'exists':
    case 'scalar-query':
      parts.push(String(expression.subquery))
      break
    case 'distinct':
      parts.push(String(expression.negated))
      break
    case 'case':
      parts.push(String(expression.otherwise !== null))
      break
    default:
      break
  }
  return `(${[...parts, ...operandsOf(expression).map(expressionKey)].join(' ')})`
}

/** The expression over other operands, in the order of `operandsOf`. */
export function withOperands(expression: Expression, change: (operand: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'literal':
    case 'column':
    case 'rowtime':
    case 'metadata':
    case 'exists':
    case 'scalar-query':
      return expression
    case 'arithmetic':
    case 'comparison':
    case 'distinct':
      return { ...expression, left: change(expression.left), right: change(expression.right) }
    case 'negate':
    case 'not':
    case 'is':
    case 'cast':
      return { ...expression, operand: change(expression.operand) }
    case 'and':
    case 'or':
    case 'in-query':
      return { ...expression, operands: expression.operands.map(change) }
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map(branch => ({
          condition: change(branch.condition),
          result: change(branch.result),
        })),
        otherwise: expression.otherwise === null ? null : change(expression.otherwise),
      }
    case 'call':
      return { ...expression, args: expression.args.map(change) }
  }
}
