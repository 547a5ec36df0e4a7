/** Calls: those of the function table, and those with words between their arguments. */
import type { TextSpan } from '../../../core/errors.ts'
import { LENGTH_MAX, type SqlType, sqlTypeText } from '../../../core/sql-type.ts'
import { isLogFunction } from '../../patterns/log/log-functions.ts'
import type { ExpressionNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { FOREIGN_FUNCTIONS, FUNCTION_NAMES, functionNamed, type Parameter } from '../functions/table.ts'
import { BIGINT, BOOLEAN, call, codePoints, coerce, DOUBLE, INTEGER, literal, TIMESTAMP, textLiteral } from './build.ts'
import { type BindContext, bringTogether } from './context.ts'
import { fail, nameHint } from './errors.ts'
import { shown } from './scope.ts'
import { commonType, familyOf, isDatetime, isInteger, isMonths, isNumeric, isText } from './types.ts'

type Node<Kind extends ExpressionNode['kind']> = Extract<ExpressionNode, { kind: Kind }>

/** Functions over groups. */
export const AGGREGATES: ReadonlySet<string> = new Set(
  `COUNT SUM AVG MIN MAX STDDEV_POP STDDEV_SAMP VAR_POP VAR_SAMP STDDEV VARIANCE ANY EVERY FIRST_VALUE LAST_VALUE`.split(
    ' ',
  ),
)
/** Functions over windows only. */
const OVER_ONLY: ReadonlySet<string> = new Set(['NTH_VALUE', 'LAG', 'EXP_AVG'])
const CLOCKS: Readonly<Record<string, SqlType>> = {
  CURRENT_ROW_TIMESTAMP: TIMESTAMP,
  CURRENT_TIMESTAMP: TIMESTAMP,
  LOCALTIMESTAMP: TIMESTAMP,
  CURRENT_DATE: { kind: 'DATE' },
  CURRENT_TIME: { kind: 'TIME' },
  LOCALTIME: { kind: 'TIME' },
}

/** True for names of calls that are no plain functions of the table. */
export function isCallName(name: string): boolean {
  return (
    AGGREGATES.has(name) ||
    OVER_ONLY.has(name) ||
    isLogFunction(name) ||
    Object.hasOwn(CLOCKS, name) ||
    name === 'COALESCE' ||
    name === 'NULLIF' ||
    name === 'MONOTONIC' ||
    name === 'PERIOD'
  )
}

/** A call of the clock, or null where the name is none. */
export function clockCall(name: string, span: TextSpan): Expression | null {
  const type = Object.hasOwn(CLOCKS, name) ? CLOCKS[name] : undefined
  return type === undefined ? null : call(name, [], type, span)
}

export function bindCall(context: BindContext, node: Node<'call'>): Expression {
  const name = node.name.text
  if (node.over !== null) return context.bindOver(node)
  if (AGGREGATES.has(name)) return context.bindAggregate(node)
  if (OVER_ONLY.has(name)) {
    fail(`${name} needs OVER`, node.name.span, "add OVER (PARTITION BY key RANGE INTERVAL '1' MINUTE PRECEDING)")
  }
  if (isLogFunction(name))
    fail(
      `${name} gives a record: it can only be a select item by itself`,
      node.name.span,
      `SELECT STREAM t.r.COLUMN1 FROM (SELECT STREAM ${name}(...) AS r FROM ...) AS t`,
    )
  if (node.star || node.distinct) fail(`${name} is no aggregate: it takes neither * nor DISTINCT`, node.span)
  if (node.filter !== null) fail(`${name} is no aggregate: it takes no FILTER`, node.filter.span)
  if (node.nulls !== null) fail(`${name} takes no ${node.nulls} NULLS`, node.span)
  if (name === 'COALESCE') return bindCoalesce(context, node)
  if (name === 'NULLIF') return bindNullif(context, node)
  if (name === 'MONOTONIC') {
    const [operand] = bindCount(context, node, 1, 1)
    return operand === undefined
      ? fail('MONOTONIC takes one argument', node.span)
      : call(name, [operand], operand.type, node.span)
  }
  const clock = node.args.length === 0 ? clockCall(name, node.span) : null
  return clock ?? bindPlain(context, node)
}

function bindPlain(context: BindContext, node: Node<'call'>): Expression {
  const name = node.name.text
  const signature = functionNamed(name)
  if (signature === null) {
    const { functions } = context
    const inlined = functions?.call(
      node,
      node.args.map(arg => context.bind(arg)),
    )
    if (inlined !== undefined && inlined !== null) return inlined
    const foreign = Object.hasOwn(FOREIGN_FUNCTIONS, name) ? FOREIGN_FUNCTIONS[name] : undefined
    fail(
      `function ${shown(node.name)} not found`,
      node.name.span,
      foreign ?? nameHint(node.name, [...(functions?.names ?? []), ...FUNCTION_NAMES], known => known),
    )
  }
  const { parameters } = signature
  const bound = bindCount(context, node, parameters.length, parameters.length)
  const args = bound.map((arg, index) => argument(arg, parameters[index] ?? 'text', name, index))
  const type = signature.result(args.map(arg => arg.type))
  const converted = args.map((arg, index) => (parameters[index] === 'integer' ? coerce(arg, type) : arg))
  return call(signature.name, converted, type, node.span)
}

function bindCount(context: BindContext, node: Node<'call'>, low: number, high: number): readonly Expression[] {
  const count = node.args.length
  if (count < low || count > high) {
    const wanted = high === Number.POSITIVE_INFINITY ? `at least ${low}` : low === high ? `${low}` : `${low} to ${high}`
    const what = wanted.endsWith('1') ? 'argument' : 'arguments'
    fail(`${node.name.text} takes ${wanted} ${what}, not ${count}`, node.span)
  }
  return node.args.map(arg => context.bind(arg))
}

const WANTED: Readonly<Record<Parameter, string>> = {
  text: 'text',
  number: 'a number',
  integer: 'an integer',
  count: 'an integer',
  long: 'an integer',
  double: 'a number',
  DATE: 'DATE',
  TIME: 'TIME',
  TIMESTAMP: 'TIMESTAMP',
  instant: 'TIMESTAMP or BIGINT',
}
const TYPE_OF_NULL: Readonly<Record<Parameter, SqlType>> = {
  text: { kind: 'VARCHAR', length: 1 },
  number: INTEGER,
  integer: INTEGER,
  count: INTEGER,
  long: BIGINT,
  double: DOUBLE,
  DATE: { kind: 'DATE' },
  TIME: { kind: 'TIME' },
  TIMESTAMP,
  instant: BIGINT,
}

/** An argument in the type that the parameter asks for. */
export function argument(arg: Expression, parameter: Parameter, name: string, index: number): Expression {
  const { type } = arg
  if (type.kind === 'NULL') return coerce(arg, TYPE_OF_NULL[parameter])
  switch (parameter) {
    case 'text':
      if (isText(type)) return arg
      break
    case 'number':
      if (isNumeric(type)) return arg
      break
    case 'integer':
      if (isInteger(type)) return arg
      break
    case 'count':
      if (isInteger(type)) return coerce(arg, INTEGER)
      break
    case 'long':
      if (isInteger(type) || (type.kind === 'DECIMAL' && type.scale === 0)) return coerce(arg, BIGINT)
      break
    case 'double':
      if (isNumeric(type)) return coerce(arg, DOUBLE)
      break
    case 'instant':
      if (type.kind === 'TIMESTAMP') return call('UNIX_TIMESTAMP', [arg], BIGINT, arg.span)
      if (isInteger(type)) return coerce(arg, BIGINT)
      break
    default:
      if (type.kind === parameter) return arg
  }
  const hint = isText(type) || isText(TYPE_OF_NULL[parameter]) ? 'there are no implicit conversions: use CAST' : null
  return fail(`argument ${index + 1} of ${name} must be ${WANTED[parameter]}, not ${sqlTypeText(type)}`, arg.span, hint)
}

function bindCoalesce(context: BindContext, node: Node<'call'>): Expression {
  const args = bindCount(context, node, 1, Number.POSITIVE_INFINITY)
  const type = commonOf(args, 'COALESCE')
  const [only] = args
  if (args.length === 1 && only !== undefined) return only
  return call(
    'COALESCE',
    args.map(arg => coerce(arg, type)),
    type,
    node.span,
  )
}

/** The type of all of the expressions together. */
export function commonOf(expressions: readonly Expression[], where: string): SqlType {
  let type: SqlType = { kind: 'NULL' }
  for (const expression of expressions) {
    const common = commonType(type, expression.type)
    if (common === null) {
      fail(`${where} mixes ${sqlTypeText(type)} and ${sqlTypeText(expression.type)}`, expression.span, 'use CAST')
    }
    type = common
  }
  return type
}

function bindNullif(context: BindContext, node: Node<'call'>): Expression {
  const [a, b] = bindCount(context, node, 2, 2)
  if (a === undefined || b === undefined) return fail('NULLIF takes 2 arguments', node.span)
  const [left, right, common] = bringTogether(a, b, 'NULLIF', node.span)
  if (left === a || !isNumeric(common)) return call('NULLIF', [left, right], left.type, node.span)
  // The result keeps the type of the first argument, though it is compared in the type of both.
  const condition: Expression = { kind: 'comparison', operator: '=', left, right, type: BOOLEAN, span: node.span }
  const branches = [{ condition, result: literal(null, a.type, node.span) }]
  return { kind: 'case', branches, otherwise: a, type: a.type, span: node.span }
}

export function bindStep(context: BindContext, node: Node<'step'>): Expression {
  const operand = context.bind(node.operand)
  const by = context.bind(node.by)
  if (isInteger(operand.type) && isInteger(by.type)) {
    const [left, right, type] = bringTogether(operand, by, 'STEP', node.span)
    checkPositive(by, node.by.span)
    return call('STEP_NUMBER', [left, right], type, node.span)
  }
  if (!isDatetime(operand.type) || by.type.kind !== 'INTERVAL') {
    fail(
      `STEP cannot be applied to ${sqlTypeText(operand.type)} and ${sqlTypeText(by.type)}`,
      node.span,
      "write STEP(time BY INTERVAL '10' SECOND) or STEP(integer BY integer)",
    )
  }
  if (operand.type.kind === 'TIME' && isMonths(by.type)) fail('TIME has no months to STEP by', node.by.span)
  checkPositive(by, node.by.span)
  return call('STEP_DATETIME', [operand, by], operand.type, node.span)
}

function checkPositive(by: Expression, span: TextSpan): void {
  if (by.kind === 'literal' && by.value !== null && Number(by.value) <= 0) fail('size of STEP must be above 0', span)
}

export function bindRoundTo(context: BindContext, node: Node<'round-to'>): Expression {
  const operand = context.bind(node.operand)
  const { type } = operand
  if (!isDatetime(type) && type.kind !== 'INTERVAL') {
    fail(`${node.function} TO ${node.unit} needs a time, not ${sqlTypeText(type)}`, node.operand.span, timeHint(type))
  }
  if (type.kind === 'INTERVAL' && isMonths(type) !== isMonths({ from: node.unit })) {
    fail(`${sqlTypeText(type)} has no ${node.unit}`, node.span)
  }
  if (type.kind === 'TIME' && isMonths({ from: node.unit })) fail(`TIME has no ${node.unit}`, node.span)
  return call(`${node.function}_TO`, [operand, textLiteral(node.unit, node.span)], type, node.span)
}

function timeHint(type: SqlType): string | null {
  if (isText(type)) return 'CAST the text AS TIMESTAMP'
  return isInteger(type) ? 'TO_TIMESTAMP makes a time of milliseconds' : null
}

export function bindExtract(context: BindContext, node: Node<'extract'>): Expression {
  const operand = context.bind(node.operand)
  const { type } = operand
  if (!isDatetime(type) && type.kind !== 'INTERVAL') {
    fail(`EXTRACT needs a time or an interval, not ${sqlTypeText(type)}`, node.operand.span, timeHint(type))
  }
  const months = isMonths({ from: node.unit })
  const missing =
    (type.kind === 'TIME' && (months || node.unit === 'DAY')) || (type.kind === 'INTERVAL' && isMonths(type) !== months)
  if (missing) fail(`${sqlTypeText(type)} has no ${node.unit}`, node.span)
  const result: SqlType = node.unit === 'SECOND' ? { kind: 'DECIMAL', precision: 5, scale: 3 } : BIGINT
  return call('EXTRACT', [textLiteral(node.unit, node.span), operand], result, node.span)
}

export function bindSubstring(context: BindContext, node: Node<'substring'>): Expression {
  const whole = context.bind(node.operand)
  const from = context.bind(node.from)
  const count = node.count === null ? null : context.bind(node.count)
  const bytes = familyOf(whole.type) === 'binary'
  if (bytes && (node.form === 'similar' || isText(from.type))) {
    fail(
      `SUBSTRING with a pattern needs text, not ${sqlTypeText(whole.type)}`,
      whole.span,
      'bytes have places: FROM 1 FOR 2',
    )
  }
  const operand = bytes ? whole : argument(whole, 'text', 'SUBSTRING', 0)
  if (node.form === 'similar' && count !== null) {
    const args = [operand, argument(from, 'text', 'SUBSTRING', 1), argument(count, 'text', 'SUBSTRING', 2)]
    return call('SUBSTRING_SIMILAR', args, operand.type, node.span)
  }
  if (isText(from.type) && count === null) return call('SUBSTRING_REGEX', [operand, from], operand.type, node.span)
  const args = [operand, argument(from, 'count', 'SUBSTRING', 1)]
  if (count !== null) args.push(argument(count, 'count', 'SUBSTRING', 2))
  return call(node.form === 'comma' ? 'SUBSTRING_COMMA' : 'SUBSTRING_FROM', args, varying(operand.type), node.span)
}

/** A part of CHAR text is not padded, and one of BINARY has any length. */
function varying(type: SqlType): SqlType {
  if (type.kind === 'BINARY') return { kind: 'VARBINARY', length: type.length }
  return type.kind === 'CHAR' ? { kind: 'VARCHAR', length: type.length } : type
}

export function bindTrim(context: BindContext, node: Node<'trim'>): Expression {
  const operand = argument(context.bind(node.operand), 'text', 'TRIM', 1)
  const character =
    node.character === null ? textLiteral(' ', node.span) : argument(context.bind(node.character), 'text', 'TRIM', 0)
  if (character.kind === 'literal' && typeof character.value === 'string' && codePoints(character.value) !== 1) {
    fail(`TRIM removes one character, not '${character.value}'`, character.span)
  }
  return call('TRIM', [operand, textLiteral(node.side, node.span), character], varying(operand.type), node.span)
}

export function bindPosition(context: BindContext, node: Node<'position'>): Expression {
  const sought = argument(context.bind(node.sought), 'text', 'POSITION', 0)
  const operand = argument(context.bind(node.operand), 'text', 'POSITION', 1)
  return call('POSITION', [sought, operand], INTEGER, node.span)
}

export function bindOverlay(context: BindContext, node: Node<'overlay'>): Expression {
  const operand = argument(context.bind(node.operand), 'text', 'OVERLAY', 0)
  const placing = argument(context.bind(node.placing), 'text', 'OVERLAY', 1)
  const args = [operand, placing, argument(context.bind(node.from), 'count', 'OVERLAY', 2)]
  if (node.count !== null) args.push(argument(context.bind(node.count), 'count', 'OVERLAY', 3))
  const length = [operand.type, placing.type].reduce((sum, type) => sum + ('length' in type ? type.length : 0), 0)
  return call('OVERLAY', args, { kind: 'VARCHAR', length: Math.min(LENGTH_MAX, length) }, node.span)
}

export function bindLike(context: BindContext, node: Node<'like' | 'similar'>): Expression {
  const name = node.kind === 'like' ? 'LIKE' : 'SIMILAR TO'
  const args = [
    argument(context.bind(node.operand), 'text', name, 0),
    argument(context.bind(node.pattern), 'text', name, 1),
  ]
  if (node.escape !== null) {
    const escape = argument(context.bind(node.escape), 'text', 'ESCAPE', 0)
    if (escape.kind === 'literal' && typeof escape.value === 'string' && codePoints(escape.value) !== 1) {
      fail(`ESCAPE takes one character, not '${escape.value}'`, escape.span)
    }
    args.push(escape)
  }
  const like = call(node.kind === 'like' ? 'LIKE' : 'SIMILAR', args, BOOLEAN, node.span)
  return node.negated ? { kind: 'not', operand: like, type: BOOLEAN, span: node.span } : like
}

/** The type of a value that has none: a bare NULL in a select list. */
export function settled(expression: Expression): Expression {
  return familyOf(expression.type) === 'null' ? coerce(expression, { kind: 'VARCHAR', length: 1 }) : expression
}
