/**
 * Which kinds of expressions become generated code, and how. Null where the interpreter computes the column instead.
 *
 *     literal, constant subtrees     in the constant vector, or a finite number that is formatted here
 *     column, rowtime                numbers, BIGINT, DECIMAL, BOOLEAN, datetimes; texts by the id of their dictionary
 *     subtrees over one text         one answer for each dictionary entry (entry-table.ts); over spans by the interpreter
 *     arithmetic, negate             numbers, BIGINT, DECIMAL, datetimes and intervals
 *     comparison, distinct           numbers, BIGINT, DECIMAL, datetimes, intervals; two texts by the interpreter
 *     and, or, not, is               all; IS NULL of a text that is no dictionary column by the interpreter
 *     case, COALESCE                 all; texts as ids of one dictionary (emit-text.ts), bytes by the interpreter
 *     NULLIF                         of numbers and bigints; of texts by the interpreter
 *     cast                           between numbers, BIGINT, DECIMAL, datetimes, intervals; others by the interpreter
 *     call                           functions whose arguments and result are no texts; others by the interpreter
 *     metadata, in-query, exists, scalar-query, anything with bytes     by the interpreter
 */
import { assert, unreachable } from '../../core/assert.ts'
import type { BigintColumn, ColumnVector, NumberColumn } from '../../core/rows.ts'
import { type Expression, operandsOf } from '../sql/expression.ts'
import { emitArithmetic, emitNegate } from './emit-arithmetic.ts'
import { emitCall, emitCast } from './emit-call.ts'
import { emitComparison, emitDistinct } from './emit-comparison.ts'
import { emitCase, emitIs, emitJunction, emitNot } from './emit-logic.ts'
import { type Emitting, type Operand, plainStorage } from './operand.ts'

export function emitKind(expression: Expression, emitter: Emitting): Operand | null {
  // Calls may have texts among their constants.
  if (expression.kind !== 'call' && operandsOf(expression).some(operand => plainStorage(operand) === null)) return null
  switch (expression.kind) {
    case 'column':
      return emitColumn(expression, emitter)
    case 'rowtime':
      return emitRowtime(emitter)
    case 'arithmetic':
      return emitArithmetic(expression, emitter)
    case 'negate':
      return emitNegate(expression, emitter)
    case 'comparison':
      return emitComparison(expression, emitter)
    case 'distinct':
      return emitDistinct(expression, emitter)
    case 'and':
    case 'or':
      return emitJunction(expression, emitter)
    case 'not':
      return emitNot(expression, emitter)
    case 'is':
      return emitIs(expression, emitter)
    case 'case':
      return emitCase(expression, emitter)
    case 'cast':
      return emitCast(expression, emitter)
    case 'call':
      return emitCall(expression, emitter)
    case 'literal':
    case 'metadata':
    case 'in-query':
    case 'exists':
    case 'scalar-query':
      return null
    default:
      return unreachable(expression, 'emitKind')
  }
}

function emitColumn(expression: Extract<Expression, { kind: 'column' }>, emitter: Emitting): Operand | null {
  const { index } = expression
  const storage = plainStorage(expression)
  const { code } = emitter
  if (storage === null) return null
  return emitter.readColumn(
    storage,
    code.read(`column ${index}`, ({ evaluation }) => plainColumn(evaluation.batch.columns[index]).values),
    code.read(`column ${index} nulls`, ({ evaluation }) => plainColumn(evaluation.batch.columns[index]).nulls),
  )
}

function emitRowtime(emitter: Emitting): Operand {
  const rowtimes = emitter.code.read('rowtimes', ({ evaluation }) => evaluation.batch.rowtimes)
  const value = emitter.code.local('v')
  emitter.code.line(`const ${value} = ${rowtimes}[${emitter.row}];`)
  return { storage: 'number', value, isNull: '0' }
}

function plainColumn(column: ColumnVector | undefined): NumberColumn | BigintColumn {
  assert(column?.layout === 'number' || column?.layout === 'bigint', 'a column has the storage of its type')
  return column
}
