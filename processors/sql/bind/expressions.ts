/** Expressions: names to columns, operands to common types. One binder serves one clause of one select. */
import { SqlError, type TextSpan } from '../../../core/errors.ts'
import type { Column } from '../../../core/schema.ts'
import { sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode, QueryNode } from '../ast.ts'
import { type Expression, operandsOf } from '../expression.ts'
import { EXPRESSION_NODES_MAX } from '../limits.ts'
import { BOOLEAN, coerce, literal, TIMESTAMP, textLiteral } from './build.ts'
import {
  bindCall,
  bindExtract,
  bindLike,
  bindOverlay,
  bindPosition,
  bindRoundTo,
  bindStep,
  bindSubstring,
  bindTrim,
  clockCall,
  commonOf,
} from './calls.ts'
import { type BindContext, bindCondition, bringTogether, type UserCalls } from './context.ts'
import { fail } from './errors.ts'
import { bindDatetime, bindInterval, bindNumber } from './literals.ts'
import type { Names } from './names.ts'
import { bindBinary, bindQualified, bindSign, comparison } from './operators.ts'
import { compareNodes, distinctNodes, nullRow } from './rows.ts'
import { castProblem } from './types.ts'

type Node<Kind extends ExpressionNode['kind']> = Extract<ExpressionNode, { kind: Kind }>

/** A finite query of an expression, by its number in the program. */
export interface Subquery {
  readonly index: number
  readonly columns: readonly Column[]
}

export interface BinderOptions {
  readonly scope: Names
  readonly warn: (message: string, span: TextSpan) => void
  /** the functions that the program creates */
  readonly functions?: UserCalls | undefined
  /** binds COUNT, SUM and the like, or refuses them in this clause */
  readonly bindAggregate: (node: Node<'call'>) => Expression
  /** binds calls with OVER; they are refused where it is left out */
  readonly bindOver?: (node: Node<'call'>) => Expression
  /** what an unqualified ROWTIME is, where it is not the column */
  readonly rowtimeOperator?: (span: TextSpan) => Expression
  /** binds a subquery; without it there can be none */
  readonly subquery?: (query: QueryNode) => Subquery
}

/** Binds any expression of a clause. */
export function expressionBinder(options: BinderOptions): BindContext {
  const context: BindContext = {
    bind: node => bounded(bindNode(node, context, options)),
    bindAggregate: options.bindAggregate,
    bindOver: options.bindOver ?? refuseOver,
    warn: options.warn,
    functions: options.functions,
  }
  return context
}

function refuseOver(node: Node<'call'>): never {
  fail('OVER can only stand in the select list', (node.over ?? node).span, 'compute it in a FROM subquery first')
}

const sizes = new WeakMap<Expression, number>()

function sizeOf(expression: Expression): number {
  const known = sizes.get(expression)
  if (known !== undefined) return known
  let size = 1
  for (const operand of operandsOf(expression)) size += sizeOf(operand)
  sizes.set(expression, size)
  return size
}

/** Refuses an expression that has grown too large by repeating its operands. */
function bounded(expression: Expression): Expression {
  if (sizeOf(expression) > EXPRESSION_NODES_MAX) {
    throw new SqlError('sql_limit', `expression has more than ${EXPRESSION_NODES_MAX} operations`, expression.span)
  }
  return expression
}

function bindNode(node: ExpressionNode, context: BindContext, options: BinderOptions): Expression {
  const { span } = node
  switch (node.kind) {
    case 'number':
      return bindNumber(node.text, node.form, span)
    case 'string':
      return textLiteral(node.value, span)
    case 'binary':
      return literal(node.bytes, { kind: 'VARBINARY', length: Math.max(1, node.bytes.length) }, span)
    case 'boolean':
      return literal(node.value === null ? null : Number(node.value), BOOLEAN, span)
    case 'null':
      return literal(null, { kind: 'NULL' }, span)
    case 'datetime':
      return bindDatetime(node)
    case 'interval':
      return bindInterval(node, options.warn)
    case 'path':
      return bindPath(node, options)
    case 'sign':
      return bindSign(context, node)
    case 'binary-operator':
      return bindBinary(context, node)
    case 'comparison':
      return compareNodes(context, node.operator, node.left, node.right, span)
    case 'and':
    case 'or': {
      const operands = node.operands.map(operand => bindCondition(context, operand, node.kind.toUpperCase()))
      return { kind: node.kind, operands, type: BOOLEAN, span }
    }
    case 'not':
      return { kind: 'not', operand: bindCondition(context, node.operand, 'NOT'), type: BOOLEAN, span }
    case 'between':
      return bindBetween(context, node)
    case 'in-list':
      return bindIn(context, node)
    case 'in-query':
      return bindInQuery(context, node, subqueryOf(options, node.query))
    case 'exists':
      return { kind: 'exists', subquery: subqueryOf(options, node.query).index, type: BOOLEAN, span }
    case 'subquery':
      return bindScalar(node, subqueryOf(options, node.query))
    case 'row':
      return fail('a row value can only be compared', span, 'write (a, b) = (c, d), IN or IS NULL')
    case 'like':
    case 'similar':
      return bindLike(context, node)
    case 'is':
      return bindIs(context, node)
    case 'distinct':
      return distinctNodes(context, node)
    case 'period':
      return bindPeriod(context, node)
    case 'case':
      return bindCase(context, node)
    case 'cast':
      return bindCast(context, node)
    case 'qualified':
      return bindQualified(context, node)
    case 'extract':
      return bindExtract(context, node)
    case 'round-to':
      return bindRoundTo(context, node)
    case 'step':
      return bindStep(context, node)
    case 'substring':
      return bindSubstring(context, node)
    case 'trim':
      return bindTrim(context, node)
    case 'position':
      return bindPosition(context, node)
    case 'overlay':
      return bindOverlay(context, node)
    case 'call':
      return bindCall(context, node)
    case 'niladic':
      return clockCall(node.name, span) ?? fail(`function ${node.name} not found`, span)
  }
}

function bindPath(node: Node<'path'>, options: BinderOptions): Expression {
  const [first] = node.parts
  const last = node.parts[node.parts.length - 1]
  if (first === undefined || last === undefined) return fail('name is empty', node.span)
  const single = node.parts.length === 1
  if (single && first.text === 'ROWTIME' && !first.quoted && options.rowtimeOperator !== undefined) {
    return options.rowtimeOperator(node.span)
  }
  const found = options.scope.resolve(node.parts, node.span)
  if (found !== null) return found
  const clock = single && !first.quoted ? clockCall(first.text, node.span) : null
  return clock ?? options.scope.failColumn(last, node.parts[node.parts.length - 2] ?? null)
}

function subqueryOf(options: BinderOptions, query: QueryNode): Subquery {
  return options.subquery?.(query) ?? fail('a subquery cannot stand here', query.span)
}

/** `x IN (query)` and `(x, y) IN (query)`. */
function bindInQuery(context: BindContext, node: Node<'in-query'>, { index, columns }: Subquery): Expression {
  const { span } = node
  const nodes = node.operand.kind === 'row' ? node.operand.items : [node.operand]
  if (nodes.length !== columns.length)
    fail(`IN compares ${nodes.length} with ${columns.length} columns of the subquery`, node.query.span)
  const operands = nodes.map((each, at) => {
    const operand = context.bind(each)
    const type = columns[at]?.type ?? operand.type
    const [left, right] = bringTogether(operand, { kind: 'column', index: at, type, span: node.query.span }, 'IN', span)
    if (right.kind === 'cast')
      fail(
        `IN compares ${sqlTypeText(operand.type)} with ${sqlTypeText(type)}`,
        each.span,
        `CAST the column of the subquery AS ${sqlTypeText(left.type)}`,
      )
    return left
  })
  const found: Expression = { kind: 'in-query', subquery: index, operands, type: BOOLEAN, span }
  return node.negated ? { kind: 'not', operand: found, type: BOOLEAN, span } : found
}

function bindScalar(
  node: Extract<ExpressionNode, { kind: 'exists' | 'subquery' }>,
  { index, columns }: Subquery,
): Expression {
  const [column] = columns
  if (column === undefined || columns.length > 1)
    return fail(`a subquery as a value has one column, not ${columns.length}`, node.query.span)
  return { kind: 'scalar-query', subquery: index, type: column.type, span: node.span }
}

function bindBetween(context: BindContext, node: Node<'between'>): Expression {
  const { high, low, operand, span } = node
  const inside = (from: ExpressionNode, to: ExpressionNode): Expression => {
    const operands = [compareNodes(context, '>=', operand, from, span), compareNodes(context, '<=', operand, to, span)]
    return { kind: 'and', operands, type: BOOLEAN, span }
  }
  const between: Expression = node.symmetric
    ? { kind: 'or', operands: [inside(low, high), inside(high, low)], type: BOOLEAN, span }
    : inside(low, high)
  return node.negated ? { kind: 'not', operand: between, type: BOOLEAN, span } : between
}

/** `x IN (a, b)` is `x = a OR x = b`, UNKNOWN included. */
function bindIn(context: BindContext, node: Node<'in-list'>): Expression {
  const { span } = node
  const operand = node.operand.kind === 'row' ? null : context.bind(node.operand)
  const operands = node.items.map(item => {
    return operand === null || item.kind === 'row'
      ? compareNodes(context, '=', node.operand, item, item.span)
      : comparison('=', operand, context.bind(item), item.span)
  })
  const [only] = operands
  const found: Expression =
    operands.length === 1 && only !== undefined ? only : { kind: 'or', operands, type: BOOLEAN, span }
  return node.negated ? { kind: 'not', operand: found, type: BOOLEAN, span } : found
}

function bindIs(context: BindContext, node: Node<'is'>): Expression {
  const { what, negated, span } = node
  if (node.operand.kind === 'row' && what === 'NULL') return nullRow(context, node.operand.items, negated, span)
  let operand = context.bind(node.operand)
  if (what !== 'NULL') operand = bindCondition({ ...context, bind: () => operand }, node.operand, `IS ${what}`)
  if (operand.type.kind === 'NULL') operand = coerce(operand, BOOLEAN)
  return { kind: 'is', what, negated, operand, type: BOOLEAN, span }
}

function bindCase(context: BindContext, node: Node<'case'>): Expression {
  const { operand: written } = node
  const operand = written === null || written.kind === 'row' ? null : context.bind(written)
  const conditionOf = (when: ExpressionNode): Expression => {
    if (written === null) return bindCondition(context, when, 'WHEN')
    return operand === null || when.kind === 'row'
      ? compareNodes(context, '=', written, when, when.span)
      : comparison('=', operand, context.bind(when), when.span)
  }
  const branches = node.branches.map(({ when, result }) => ({
    condition: conditionOf(when),
    result: context.bind(result),
  }))
  const otherwise = node.otherwise === null ? null : context.bind(node.otherwise)
  const results = branches.map(branch => branch.result)
  const type = commonOf(otherwise === null ? results : [...results, otherwise], 'CASE')
  if (type.kind === 'NULL') return literal(null, type, node.span)
  return {
    kind: 'case',
    branches: branches.map(({ condition, result }) => ({ condition, result: coerce(result, type) })),
    otherwise: otherwise === null ? null : coerce(otherwise, type),
    type,
    span: node.span,
  }
}

function bindCast(context: BindContext, node: Node<'cast'>): Expression {
  const operand = context.bind(node.operand)
  const { type } = node.type
  if (operand.type.kind === 'NULL') return coerce(operand, type)
  const problem = castProblem(operand.type, type)
  if (problem !== null) {
    fail(
      `CAST cannot turn ${sqlTypeText(operand.type)} into ${sqlTypeText(type)}`,
      node.span,
      problem === '' ? null : problem,
    )
  }
  return { kind: 'cast', reason: 'explicit', operand, type, span: node.span }
}

/** Period predicates over half-open periods, as comparisons of their ends (AWS SQL reference, "Period predicates"). */
function bindPeriod(context: BindContext, node: Node<'period'>): Expression {
  const { span, modifier, operator } = node
  const bindTime = (part: ExpressionNode): Expression => {
    const bound = context.bind(part)
    if (bound.type.kind === 'NULL') return coerce(bound, TIMESTAMP)
    if (!['DATE', 'TIME', 'TIMESTAMP'].includes(bound.type.kind)) {
      fail(`${operator} needs times, not ${sqlTypeText(bound.type)}`, part.span)
    }
    return bound
  }
  const all = (...operands: readonly Expression[]): Expression => ({ kind: 'and', operands, type: BOOLEAN, span })
  const compare = (a: Expression, sign: '=' | '<' | '<=', b: Expression) => comparison(sign, a, b, span)
  const s1 = bindTime(node.left.start)
  const e1 = bindTime(node.left.end)
  if (node.right.kind !== 'period-value') {
    const point = bindTime(node.right)
    return all(compare(s1, modifier === 'STRICTLY' ? '<' : '<=', point), compare(point, '<', e1))
  }
  const s2 = bindTime(node.right.start)
  const e2 = bindTime(node.right.end)
  const overlap = [compare(s1, '<', e2), compare(s2, '<', e1)]
  const before = (end: Expression, start: Expression) => {
    return compare(end, modifier === 'STRICTLY' ? '<' : modifier === 'IMMEDIATELY' ? '=' : '<=', start)
  }
  switch (operator) {
    case 'EQUALS':
      return all(compare(s1, '=', s2), compare(e1, '=', e2))
    case 'CONTAINS': {
      const sign = modifier === 'STRICTLY' ? '<' : '<='
      return all(compare(s1, sign, s2), compare(e2, sign, e1))
    }
    case 'OVERLAPS': {
      if (modifier !== 'STRICTLY') return all(...overlap)
      const first = all(compare(s1, '<', s2), compare(e1, '<', e2))
      const second = all(compare(s2, '<', s1), compare(e2, '<', e1))
      return all(...overlap, { kind: 'or', operands: [first, second], type: BOOLEAN, span })
    }
    case 'PRECEDES':
      return before(e1, s2)
    case 'SUCCEEDS':
      return before(e2, s1)
    case 'LEADS':
      if (modifier === 'IMMEDIATELY') return all(compare(s1, '=', s2), ...overlap)
      return all(compare(s1, modifier === 'STRICTLY' ? '<' : '<=', s2), ...overlap)
    case 'LAGS':
      if (modifier === 'IMMEDIATELY') return all(compare(e1, '=', e2), ...overlap)
      return all(compare(e2, modifier === 'STRICTLY' ? '<' : '<=', e1), ...overlap)
  }
}
