/** Operators with symbols: arithmetic on numbers, datetimes and intervals, concatenation, comparison. */
import type { TextSpan } from '../../../core/errors.ts'
import { DECIMAL_PRECISION_MAX, LENGTH_MAX, type SqlType, sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode, Qualifier } from '../ast.ts'
import type { ArithmeticOperator, Expression } from '../expression.ts'
import { call, coerce, DOUBLE } from './build.ts'
import { type BindContext, bringTogether } from './context.ts'
import { fail } from './errors.ts'
import { bindNumber } from './literals.ts'
import { arithmeticType, commonInterval, familyOf, isDatetime, isMonths, isNumeric, isText } from './types.ts'

type Binary = Extract<ExpressionNode, { kind: 'binary-operator' }>

export function bindBinary(context: BindContext, node: Binary): Expression {
  const left = context.bind(node.left)
  const right = context.bind(node.right)
  if (node.operator === '||') return bindConcat(left, right, node)
  return bindArithmetic(node.operator, left, right, node)
}

function bindArithmetic(operator: ArithmeticOperator, left: Expression, right: Expression, node: Binary): Expression {
  const { span } = node
  const make = (type: SqlType, a: Expression, b: Expression): Expression => {
    return { kind: 'arithmetic', operator, left: a, right: b, type, span }
  }
  const a = left.type
  const b = right.type
  // A bare NULL takes part as a value of the other side's type.
  if (a.kind === 'NULL' && b.kind !== 'NULL') return bindArithmetic(operator, coerce(left, nullPartner(b)), right, node)
  if (b.kind === 'NULL') return bindArithmetic(operator, left, coerce(right, nullPartner(a)), node)
  if (isNumeric(a) && isNumeric(b)) {
    const type = arithmeticType(operator, a, b)
    return make(type, asOperand(left, type), asOperand(right, type))
  }
  if (a.kind === 'INTERVAL' && b.kind === 'INTERVAL' && (operator === '+' || operator === '-')) {
    const type = commonInterval(a, b)
    if (type !== null) return make(type, left, right)
  }
  if (a.kind === 'INTERVAL' && isNumeric(b) && (operator === '*' || operator === '/')) {
    return make(a, left, coerce(right, DOUBLE))
  }
  if (b.kind === 'INTERVAL' && isNumeric(a) && operator === '*') return make(b, right, coerce(left, DOUBLE))
  if (isDatetime(a) && b.kind === 'INTERVAL' && (operator === '+' || operator === '-')) {
    checkInterval(a, b, right.span)
    return make(a, left, right)
  }
  if (a.kind === 'INTERVAL' && isDatetime(b) && operator === '+') {
    checkInterval(b, a, left.span)
    return make(b, right, left)
  }
  return failOperands(operator, a, b, node.operatorSpan, span)
}

function nullPartner(type: SqlType): SqlType {
  if (isDatetime(type)) return { kind: 'INTERVAL', from: 'DAY', to: 'SECOND' }
  return type.kind === 'NULL' ? { kind: 'INTEGER' } : type
}

/** Exact numbers meet in DECIMAL with their own scales; everything else in the result type. */
function asOperand(operand: Expression, type: SqlType): Expression {
  if (type.kind !== 'DECIMAL') return coerce(operand, type)
  if (operand.type.kind === 'DECIMAL') return operand
  const digits = { TINYINT: 3, SMALLINT: 5, INTEGER: 10 }[operand.type.kind as string] ?? DECIMAL_PRECISION_MAX
  return coerce(operand, { kind: 'DECIMAL', precision: digits, scale: 0 })
}

function checkInterval(datetime: SqlType, interval: Extract<SqlType, { kind: 'INTERVAL' }>, span: TextSpan): void {
  if (datetime.kind === 'TIME' && isMonths(interval)) {
    fail(`TIME has no ${sqlTypeText(interval)}`, span, 'use an interval of HOUR, MINUTE or SECOND')
  }
  if (datetime.kind === 'DATE' && ['HOUR', 'MINUTE', 'SECOND'].includes(interval.to)) {
    fail(`DATE has no ${interval.to} to change by ${sqlTypeText(interval)}`, span, 'CAST the DATE AS TIMESTAMP first')
  }
}

function failOperands(operator: string, a: SqlType, b: SqlType, operatorSpan: TextSpan, span: TextSpan): never {
  const what = `"${operator}" cannot be applied to ${sqlTypeText(a)} and ${sqlTypeText(b)}`
  let hint: string | null = null
  if (operator === '-' && isDatetime(a) && isDatetime(b)) {
    if (a.kind === b.kind) {
      fail(
        `difference of two ${a.kind} values needs a unit`,
        span,
        'write (a - b) SECOND, or TSDIFF(a, b) for milliseconds',
      )
    }
    hint = 'both must be of one type: use CAST'
  } else if (operator === '+' && isText(a) && isText(b)) hint = 'text is joined by ||'
  else if (operator === '+' && (isText(a) || isText(b))) hint = 'text is joined by ||, numbers need CAST'
  else if ((isDatetime(a) && isNumeric(b)) || (isDatetime(b) && isNumeric(a))) {
    hint = "a time moves by an interval: t + INTERVAL '1' DAY"
  } else if (a.kind === 'INTERVAL' && b.kind === 'INTERVAL' && isMonths(a) !== isMonths(b)) {
    hint = 'months have no fixed length'
  } else if (isText(a) || isText(b)) hint = 'there are no implicit conversions: use CAST'
  fail(what, operatorSpan, hint)
}

function bindConcat(left: Expression, right: Expression, node: Binary): Expression {
  const lengthOf = (type: SqlType) => ('length' in type ? type.length : 0)
  for (const { type } of [left, right]) {
    if (!isText(type) && type.kind !== 'NULL') {
      fail(
        `"||" cannot be applied to ${sqlTypeText(left.type)} and ${sqlTypeText(right.type)}`,
        node.operatorSpan,
        'CAST(... AS VARCHAR(n)) makes text',
      )
    }
  }
  const length = Math.min(LENGTH_MAX, Math.max(1, lengthOf(left.type) + lengthOf(right.type)))
  const type: SqlType = { kind: 'VARCHAR', length }
  const args = [...concatArgs(left), ...concatArgs(right)].map(arg => coerce(arg, { kind: 'VARCHAR', length: 1 }))
  return call('CONCAT', args, type, node.span)
}

function concatArgs(expression: Expression): readonly Expression[] {
  return expression.kind === 'call' && expression.name === 'CONCAT' ? expression.args : [expression]
}

export function bindSign(context: BindContext, node: Extract<ExpressionNode, { kind: 'sign' }>): Expression {
  const inner = node.operand
  if (node.operator === '-' && inner.kind === 'number') return bindNumber(inner.text, inner.form, node.span, true)
  const operand = context.bind(inner)
  if (operand.type.kind === 'NULL') return operand
  if (!isNumeric(operand.type) && operand.type.kind !== 'INTERVAL') {
    fail(`"${node.operator}" cannot be applied to ${sqlTypeText(operand.type)}`, node.span)
  }
  return node.operator === '+' ? operand : { kind: 'negate', operand, type: operand.type, span: node.span }
}

/** `(a - b) MINUTE`; an interval in parentheses takes the unit too. */
export function bindQualified(context: BindContext, node: Extract<ExpressionNode, { kind: 'qualified' }>): Expression {
  const { operand, qualifier } = node
  const type: SqlType = { kind: 'INTERVAL', from: qualifier.from, to: qualifier.to }
  if (operand.kind === 'binary-operator' && operand.operator === '-') {
    const left = context.bind(operand.left)
    const right = context.bind(operand.right)
    if (isDatetime(left.type) && isDatetime(right.type)) {
      return difference(left, right, type, qualifier, operand)
    }
    return intervalIn(bindArithmetic('-', left, right, operand), type, node.span)
  }
  return intervalIn(context.bind(operand), type, node.span)
}

function difference(
  left: Expression,
  right: Expression,
  type: SqlType,
  qualifier: Qualifier,
  node: Binary,
): Expression {
  if (left.type.kind !== right.type.kind) failOperands('-', left.type, right.type, node.operatorSpan, node.span)
  if (left.type.kind === 'TIME' && isMonths(qualifier)) {
    fail(`difference of TIME values has no ${qualifier.from}`, qualifier.span)
  }
  return { kind: 'arithmetic', operator: '-', left, right, type, span: node.span }
}

function intervalIn(operand: Expression, type: SqlType, span: TextSpan): Expression {
  if (operand.type.kind !== 'INTERVAL' || type.kind !== 'INTERVAL') {
    fail(
      `a unit after parentheses needs a difference of two times, not ${sqlTypeText(operand.type)}`,
      span,
      "a number becomes an interval by n * INTERVAL '1' SECOND",
    )
  }
  if (isMonths(operand.type) !== isMonths(type)) {
    fail(`${sqlTypeText(operand.type)} has no ${type.from}`, span, 'months have no fixed length')
  }
  return { kind: 'cast', reason: 'explicit', operand, type, span }
}

export function comparison(
  operator: Extract<Expression, { kind: 'comparison' }>['operator'],
  a: Expression,
  b: Expression,
  span: TextSpan,
): Expression {
  const [left, right, type] = bringTogether(a, b, `"${operator}"`, span)
  if (operator !== '=' && operator !== '<>' && familyOf(type) === 'binary') {
    fail(`"${operator}" cannot be applied to ${sqlTypeText(a.type)} and ${sqlTypeText(b.type)}`, span)
  }
  return { kind: 'comparison', operator, left, right, type: { kind: 'BOOLEAN' }, span }
}
