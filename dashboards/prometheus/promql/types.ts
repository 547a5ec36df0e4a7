/**
 * What expressions give, and what operators, aggregations and functions take. Each check throws a QueryError `bad_data` with the
 * place in the query.
 */
import { assert } from '../../../core/index.ts'
import type { AggregateOp, BinaryOp, Expression, ValueType } from './ast.ts'
import { FUNCTIONS, type Signature } from './function-table.ts'
import { COMPARISONS, SETS, WITH_PARAMETER } from './operators.ts'
import { errorAt } from './query-error.ts'

const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
}

/** What an expression gives. */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar'
    case 'string':
      return 'string'
    case 'negate':
      return typeOf(expression.of)
    case 'selector':
      return expression.rangeMs === null ? 'vector' : 'matrix'
    case 'subquery':
      return 'matrix'
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar' ? 'scalar' : 'vector'
    case 'aggregate':
      return 'vector'
    case 'call': {
      const signature = FUNCTIONS.get(expression.name)
      assert(signature !== undefined, 'a call that was read has a known function')
      return signature.gives
    }
  }
}

/** The operand of a sign. @param at where the sign is */
export function checkSign(query: string, at: number, of: Expression): void {
  const type = typeOf(of)
  if (type !== 'scalar' && type !== 'vector')
    throw errorAt(query, at, `a sign takes a scalar or an instant vector, not a ${TYPE_NAMES[type]}`)
}

/** What a subquery is made of. @param at where its range is */
export function checkSubquery(query: string, at: number, of: Expression): void {
  if (typeOf(of) !== 'vector')
    throw errorAt(query, at, `a subquery is only allowed on an instant vector, not on a ${TYPE_NAMES[typeOf(of)]}`)
}

/** An operator and its sides. `clauseAt` is where `on` or `ignoring` stands; null where neither does. */
export function checkBinary(
  query: string,
  {
    op,
    at,
    left,
    right,
    isBool,
  }: Readonly<{ op: BinaryOp; at: number; left: Expression; right: Expression; isBool: boolean }>,
  clauseAt: number | null,
): void {
  const types = [typeOf(left), typeOf(right)]
  for (const side of [left, right]) {
    const type = typeOf(side)
    if (type !== 'scalar' && type !== 'vector')
      throw errorAt(query, side.at, `operator ${op} takes scalars and instant vectors, not a ${TYPE_NAMES[type]}`)
  }
  if (isBool && !COMPARISONS.has(op)) throw errorAt(query, at, 'bool modifier can only be used on comparison operators')
  if (COMPARISONS.has(op) && !isBool && !types.includes('vector'))
    throw errorAt(query, at, 'comparisons between scalars must use the bool modifier')
  const hasScalar = types.includes('scalar')
  if (SETS.has(op) && hasScalar)
    throw errorAt(query, at, `set operator "${op}" not allowed in binary scalar expression`)
  if (clauseAt !== null && hasScalar)
    throw errorAt(query, clauseAt, 'vector matching only allowed between instant vectors')
}

/** The arguments of an aggregation: its parameter, where it has one, and what it aggregates. */
export function checkAggregate(
  query: string,
  at: number,
  op: AggregateOp,
  given: readonly Expression[],
): { readonly of: Expression; readonly parameter: Expression | null } {
  const wanted = WITH_PARAMETER.has(op) ? 2 : 1
  if (given.length !== wanted)
    throw errorAt(query, at, `${op} takes ${wanted} argument${wanted === 1 ? '' : 's'}, not ${given.length}`)
  const of = given.at(-1)
  const parameter = wanted === 2 ? given[0] : undefined
  assert(of !== undefined, 'an aggregation was given what it takes')
  expectType(query, of, 'vector', `${op}()`)
  if (parameter !== undefined)
    expectType(query, parameter, op === 'count_values' ? 'string' : 'scalar', `the first argument of ${op}()`)
  return { of, parameter: parameter ?? null }
}

/** The arguments of a function. */
export function checkCall(
  query: string,
  at: number,
  name: string,
  { takes, optional }: Signature,
  given: readonly Expression[],
): void {
  const least = takes.length - Math.abs(optional)
  const most = optional < 0 ? Number.POSITIVE_INFINITY : takes.length
  if (given.length < least || given.length > most)
    throw errorAt(
      query,
      at,
      `${name} takes ${least === most ? least : optional < 0 ? `at least ${least}` : `${least} to ${most}`} argument${most === 1 ? '' : 's'}, not ${given.length}`,
    )
  given.forEach((argument, index) => {
    const type = takes[Math.min(index, takes.length - 1)]
    if (type !== undefined) expectType(query, argument, type, `argument ${index + 1} of ${name}()`)
  })
}

function expectType(query: string, expression: Expression, type: ValueType, where: string): void {
  const given = typeOf(expression)
  if (given !== type)
    throw errorAt(query, expression.at, `expected type ${TYPE_NAMES[type]} in ${where}, got ${TYPE_NAMES[given]}`)
}
