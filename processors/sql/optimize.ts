/**
 * Rewrites of bound expressions that change no result: constants are folded, MONOTONIC is dropped. What fails while it is
 * folded (1 / 0, an overflow) stays as it is written, so that it fails for the rows that reach it, and only for those.
 */
import type { Value } from '../../core/rows.ts'
import { integerRange, type SqlType, storageOf } from '../../core/sql-type.ts'
import { codePoints, withOperands } from './bind/build.ts'
import type { Expression } from './expression.ts'
import { filtered, withKeys } from './optimize-joins.ts'
import { firstRows } from './optimize-ranks.ts'
import type { PlanNode } from './plan-node.ts'

/** Every expression of a plan, optimized. */
export function optimizePlan(node: PlanNode): PlanNode {
  switch (node.kind) {
    case 'scan':
    case 'table':
      return node
    case 'join':
    case 'lookup': {
      const condition = node.condition === null ? null : optimizeExpression(node.condition)
      const [left, right] = [optimizePlan(node.left), optimizePlan(node.right)]
      return withKeys({ ...node, left, right, condition })
    }
    case 'filter': {
      const input = optimizePlan(node.input)
      const condition = optimizeExpression(node.condition)
      // WHERE TRUE keeps every row.
      if (condition.kind === 'literal' && condition.value === 1) return input
      if (input.kind === 'join' || input.kind === 'lookup') return filtered(input, condition)
      return { ...node, input: firstRows(input, condition), condition }
    }
    case 'project':
      return {
        ...node,
        input: optimizePlan(node.input),
        items: node.items.map(item => ({ ...item, expression: optimizeExpression(item.expression) })),
        rowtime: node.rowtime === null ? null : optimizeExpression(node.rowtime),
      }
    case 'distinct':
    case 'sort':
    case 'time-sort':
    case 'rank':
      return { ...node, input: optimizePlan(node.input) }
    case 'values':
      return { ...node, rows: node.rows.map(row => row.map(optimizeExpression)) }
    case 'set':
      return { ...node, inputs: [optimizePlan(node.inputs[0]), optimizePlan(node.inputs[1])] }
    case 'stagger':
    case 'aggregate':
      return {
        ...node,
        input: optimizePlan(node.input),
        keys: node.keys.map(item => ({ ...item, expression: optimizeExpression(item.expression) })),
        aggregates: node.aggregates.map(plan => ({
          ...plan,
          argument: plan.argument === null ? null : optimizeExpression(plan.argument),
        })),
      }
    case 'table-function':
      return { ...node, input: optimizePlan(node.input) }
    case 'event-windows':
      return node
    case 'event-aggregate': {
      const condition = node.condition === null ? null : optimizeExpression(node.condition)
      return {
        ...node,
        condition: condition?.kind === 'literal' && condition.value === 1 ? null : condition,
        keys: node.keys.map(item => ({ ...item, expression: optimizeExpression(item.expression) })),
        aggregates: node.aggregates.map(plan => ({
          ...plan,
          argument: plan.argument === null ? null : optimizeExpression(plan.argument),
        })),
      }
    }
    case 'slide':
      return {
        ...node,
        input: optimizePlan(node.input),
        windows: node.windows.map(window => ({ ...window, partition: window.partition.map(optimizeExpression) })),
        functions: node.functions.map(plan => ({
          ...plan,
          argument: plan.argument === null ? null : optimizeExpression(plan.argument),
          otherwise: plan.otherwise === null ? null : optimizeExpression(plan.otherwise),
        })),
      }
    case 'union':
      return { ...node, inputs: node.inputs.map(optimizePlan) }
  }
}

export function optimizeExpression(expression: Expression): Expression {
  const inner = withOperands(expression, optimizeExpression)
  if (inner.kind === 'call' && inner.name === 'MONOTONIC') return inner.args[0] ?? inner
  return fold(inner)
}

function fold(expression: Expression): Expression {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return foldLogic(expression)
    case 'not': {
      const value = constant(expression.operand)
      return value === undefined ? expression : asLiteral(expression, value === null ? null : 1 - Number(value))
    }
    case 'is': {
      const value = constant(expression.operand)
      if (value === undefined) return expression
      const found =
        expression.what === 'NULL' || expression.what === 'UNKNOWN'
          ? value === null
          : value !== null && Number(value) === (expression.what === 'TRUE' ? 1 : 0)
      return asLiteral(expression, Number(found !== expression.negated))
    }
    case 'case':
      return foldCase(expression)
    case 'negate': {
      const value = constant(expression.operand)
      if (value === null) return asLiteral(expression, null)
      if (typeof value === 'bigint') return checked(expression, -value)
      return typeof value === 'number' ? checked(expression, value === 0 ? 0 : -value) : expression
    }
    case 'cast':
      return foldCast(expression)
    case 'comparison':
      return foldComparison(expression)
    case 'arithmetic':
      return foldArithmetic(expression)
    default:
      return expression
  }
}

/** The value of a literal; undefined for anything else. */
function constant(expression: Expression): Value | undefined {
  return expression.kind === 'literal' ? expression.value : undefined
}

function asLiteral(expression: Expression, value: Value): Expression {
  return { kind: 'literal', value, type: expression.type, span: expression.span }
}

/** The literal if the value fits the type, else the expression, which fails where a row reaches it. */
function checked(expression: Expression, value: number | bigint): Expression {
  const { type } = expression
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT': {
      const [low, high] = integerRange(type.kind)
      return value >= low && value <= high ? asLiteral(expression, value) : expression
    }
    case 'DECIMAL': {
      const limit = 10n ** BigInt(type.precision)
      return typeof value === 'bigint' && value < limit && value > -limit ? asLiteral(expression, value) : expression
    }
    case 'REAL': {
      const rounded = Math.fround(Number(value))
      return Number.isFinite(rounded) ? asLiteral(expression, rounded) : expression
    }
    case 'DOUBLE':
      return Number.isFinite(Number(value)) ? asLiteral(expression, Number(value)) : expression
    default:
      return expression
  }
}

/** FALSE decides AND, and TRUE decides OR, but only for what stands behind: an operand before it may fail. */
function foldLogic(expression: Extract<Expression, { kind: 'and' | 'or' }>): Expression {
  const decisive = expression.kind === 'and' ? 0 : 1
  const kept: Expression[] = []
  for (const operand of expression.operands) {
    const value = constant(operand)
    if (value === 1 - decisive) continue
    kept.push(operand)
    if (value === decisive) break
  }
  const [first] = kept
  if (first === undefined) return asLiteral(expression, 1 - decisive)
  if (kept.length === 1) return first
  if (kept.every(operand => constant(operand) === null)) return asLiteral(expression, null)
  return { ...expression, operands: kept }
}

function foldCase(expression: Extract<Expression, { kind: 'case' }>): Expression {
  const branches = []
  let { otherwise } = expression
  for (const branch of expression.branches) {
    const value = constant(branch.condition)
    if (value === 0 || value === null) continue
    if (value === 1) {
      otherwise = branch.result
      break
    }
    branches.push(branch)
  }
  if (branches.length === 0) return otherwise ?? asLiteral(expression, null)
  return { ...expression, branches, otherwise }
}

/** Casts among numbers; text and times are the running side's. */
function foldCast(expression: Extract<Expression, { kind: 'cast' }>): Expression {
  const value = constant(expression.operand)
  if (value === null) return asLiteral(expression, null)
  const from = expression.operand.type
  const to = expression.type
  if (typeof value === 'string' && to.kind === 'VARCHAR' && from.kind === 'VARCHAR') {
    return codePoints(value) <= to.length ? asLiteral(expression, value) : expression
  }
  if (!isNumber(from) || !isNumber(to) || (typeof value !== 'number' && typeof value !== 'bigint')) return expression
  if (to.kind === 'DOUBLE' || to.kind === 'REAL') {
    const scale = from.kind === 'DECIMAL' ? from.scale : 0
    // Through text, so that 1.1 is the nearest double and not a quotient of two.
    return checked(expression, scale === 0 ? Number(value) : Number(`${value}e-${scale}`))
  }
  if (from.kind === 'DOUBLE' || from.kind === 'REAL') return expression
  const target = to.kind === 'DECIMAL' ? to.scale : 0
  const source = from.kind === 'DECIMAL' ? from.scale : 0
  const scaled = rescale(BigInt(value), source, target)
  return checked(expression, storageOf(to) === 'bigint' ? scaled : Number(scaled))
}

function isNumber(type: SqlType): boolean {
  return ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'DECIMAL', 'REAL', 'DOUBLE'].includes(type.kind)
}

/** Half away from zero. */
function rescale(value: bigint, from: number, to: number): bigint {
  if (to >= from) return value * 10n ** BigInt(to - from)
  const unit = 10n ** BigInt(from - to)
  const half = value < 0n ? -unit / 2n : unit / 2n
  return (value + half) / unit
}

function foldComparison(expression: Extract<Expression, { kind: 'comparison' }>): Expression {
  const left = constant(expression.left)
  const right = constant(expression.right)
  if (left === null || right === null) {
    // The other side may fail, unless it is a constant too.
    return left !== undefined && right !== undefined ? asLiteral(expression, null) : expression
  }
  const order = orderOf(left, right, expression.left.type, expression.right.type)
  if (order === null) return expression
  switch (expression.operator) {
    case '=':
      return asLiteral(expression, Number(order === 0))
    case '<>':
      return asLiteral(expression, Number(order !== 0))
    case '<':
      return asLiteral(expression, Number(order < 0))
    case '<=':
      return asLiteral(expression, Number(order <= 0))
    case '>':
      return asLiteral(expression, Number(order > 0))
    case '>=':
      return asLiteral(expression, Number(order >= 0))
  }
}

function orderOf(
  left: Value | undefined,
  right: Value | undefined,
  leftType: SqlType,
  rightType: SqlType,
): number | null {
  if (typeof left === 'string' && typeof right === 'string') {
    // CHAR padding does not count in comparisons; leave texts that end in blanks to the one place that knows.
    return left.endsWith(' ') || right.endsWith(' ') ? null : left < right ? -1 : Number(left > right)
  }
  if (typeof left === 'number' && typeof right === 'number') return left < right ? -1 : Number(left > right)
  const scale = (type: SqlType) => (type.kind === 'DECIMAL' ? type.scale : 0)
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    const common = Math.max(scale(leftType), scale(rightType))
    const a = rescale(left, scale(leftType), common)
    const b = rescale(right, scale(rightType), common)
    return a < b ? -1 : Number(a > b)
  }
  return null
}

function foldArithmetic(expression: Extract<Expression, { kind: 'arithmetic' }>): Expression {
  const { operator, type } = expression
  const left = constant(expression.left)
  const right = constant(expression.right)
  if (left === undefined || right === undefined) return expression
  if (left === null || right === null) return asLiteral(expression, null)
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    if (type.kind === 'DECIMAL') return foldDecimal(expression, left, right)
    if (type.kind !== 'BIGINT' || (operator === '/' && right === 0n)) return expression
    const value = { '+': left + right, '-': left - right, '*': left * right, '/': right === 0n ? 0n : left / right }
    return checked(expression, value[operator])
  }
  if (typeof left !== 'number' || typeof right !== 'number' || !isNumber(type)) return expression
  if (operator === '/' && right === 0) return expression
  const value = { '+': left + right, '-': left - right, '*': left * right, '/': right === 0 ? 0 : left / right }[
    operator
  ]
  const whole = type.kind !== 'DOUBLE' && type.kind !== 'REAL'
  return checked(expression, whole ? Math.trunc(value) + 0 : value)
}

function foldDecimal(expression: Extract<Expression, { kind: 'arithmetic' }>, a: bigint, b: bigint): Expression {
  const { left, right, type, operator } = expression
  if (left.type.kind !== 'DECIMAL' || right.type.kind !== 'DECIMAL' || type.kind !== 'DECIMAL') return expression
  const [s1, s2] = [left.type.scale, right.type.scale]
  if (operator === '*') return checked(expression, rescale(a * b, s1 + s2, type.scale))
  if (operator === '/') return expression
  const scale = Math.max(s1, s2)
  const [x, y] = [rescale(a, s1, scale), rescale(b, s2, scale)]
  return checked(expression, rescale(operator === '+' ? x + y : x - y, scale, type.scale))
}
