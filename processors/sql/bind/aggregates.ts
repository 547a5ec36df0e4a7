/**
 * Aggregates over groups: their argument and result types, and the list of those that one select needs. DISTINCT in COUNT,
 * FILTER, and FIRST_VALUE and LAST_VALUE without OVER are extensions: no program of Kinesis Data Analytics has them.
 */
import type { TextSpan } from '../../../core/errors.ts'
import { DECIMAL_PRECISION_MAX, type SqlType, sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import type { AggregateName, AggregatePlan } from '../plan-node.ts'
import { BIGINT, BOOLEAN, coerce, DOUBLE, expressionKey, INTEGER, literal } from './build.ts'
import { settled } from './calls.ts'
import { type BindContext, bindCondition } from './context.ts'
import { fail } from './errors.ts'
import { familyOf, isInteger, isNumeric } from './types.ts'

/** What is called, and what it means. */
const NAMES: ReadonlyMap<string, AggregateName> = new Map(
  Object.entries({
    COUNT: 'COUNT',
    SUM: 'SUM',
    AVG: 'AVG',
    MIN: 'MIN',
    MAX: 'MAX',
    STDDEV_POP: 'STDDEV_POP',
    STDDEV_SAMP: 'STDDEV_SAMP',
    STDDEV: 'STDDEV_SAMP',
    VAR_POP: 'VAR_POP',
    VAR_SAMP: 'VAR_SAMP',
    VARIANCE: 'VAR_SAMP',
    ANY: 'ANY',
    EVERY: 'EVERY',
    FIRST_VALUE: 'FIRST_VALUE',
    LAST_VALUE: 'LAST_VALUE',
  }),
)

type CallNode = Extract<ExpressionNode, { kind: 'call' }>

/**
 * While a grouped select is bound, columns from here on stand for its aggregates, and the one before for the time of the
 * row that it will emit. `regroup` (grouping.ts) puts the real columns in their place; no plan holds such an index.
 */
export const AGGREGATE_BASE = 1_000_000

export class AggregateList {
  readonly #plans: AggregatePlan[] = []
  readonly #keys = new Map<string, number>()
  readonly #context: BindContext

  /** @param context binds arguments, over the input rows */
  constructor(context: BindContext) {
    this.#context = context
  }

  get plans(): readonly AggregatePlan[] {
    return this.#plans
  }

  bind(node: CallNode): Expression {
    const plain = NAMES.get(node.name.text)
    if (plain === undefined) return fail(`${node.name.text} is no aggregate`, node.span)
    const isEdge = plain === 'FIRST_VALUE' || plain === 'LAST_VALUE'
    const name: AggregateName = isEdge && node.nulls === 'IGNORE' ? `${plain} IGNORE NULLS` : plain
    this.#check(node, plain, isEdge)
    const [arg] = node.args
    const given = node.star || arg === undefined ? null : this.#argument(name, node.name.text, arg)
    const type = given === null ? BIGINT : aggregateType(name, given)
    const argument = node.filter === null ? given : this.#filtered(given, node.filter, node.span)
    // The greatest and the least of some values do not change when one is repeated.
    const distinct = node.distinct && name !== 'MIN' && name !== 'MAX'
    const key = `${name} ${distinct} ${argument === null ? '*' : expressionKey(argument)}`
    const known = this.#keys.get(key)
    const plan: AggregatePlan = {
      name,
      argument,
      ...(distinct ? { distinct } : {}),
      type,
      span: node.span,
    }
    const index = known ?? this.#plans.push(plan) - 1
    this.#keys.set(key, index)
    return { kind: 'column', index: AGGREGATE_BASE + index, type, span: node.span }
  }

  #check(node: CallNode, name: AggregateName, isEdge: boolean): void {
    if (node.nulls !== null && !isEdge) fail(`${name} takes no ${node.nulls} NULLS`, node.span)
    if (node.distinct && (isEdge || name === 'ANY' || name === 'EVERY')) fail(`${name} takes no DISTINCT`, node.span)
    if (node.filter !== null && isEdge) {
      fail(`${name} takes no FILTER`, node.filter.span, `use ${name}(CASE WHEN ... THEN x END) IGNORE NULLS`)
    }
    if (node.star && name !== 'COUNT') fail(`${name} takes an expression, not *`, node.span)
    if (!node.star && node.args.length !== 1) fail(`${name} takes 1 argument, not ${node.args.length}`, node.span)
  }

  #argument(name: AggregateName, written: string, node: ExpressionNode): Expression {
    const argument = settled(this.#context.bind(node))
    if (name === 'ANY' || name === 'EVERY') return bindCondition(this.#context, node, name)
    if (!name.startsWith('STDDEV') && !name.startsWith('VAR')) return argument
    if (!isNumeric(argument.type)) fail(`${written} cannot be applied to ${sqlTypeText(argument.type)}`, argument.span)
    return coerce(argument, DOUBLE)
  }

  /** Aggregates skip NULLs, so that `agg(x) FILTER (WHERE c)` is `agg(CASE WHEN c THEN x END)`. */
  #filtered(argument: Expression | null, filter: ExpressionNode, span: TextSpan): Expression {
    const condition = bindCondition(this.#context, filter, 'FILTER')
    const result = argument ?? literal(1, INTEGER, span)
    return { kind: 'case', branches: [{ condition, result }], otherwise: null, type: result.type, span: result.span }
  }
}

/** The type of the result; refuses an argument that the aggregate does not take. */
export function aggregateType(name: AggregateName, argument: Expression): SqlType {
  const { type } = argument
  if (name === 'COUNT') return BIGINT
  if (name === 'ANY' || name === 'EVERY') return BOOLEAN
  if (name.startsWith('FIRST_VALUE') || name.startsWith('LAST_VALUE')) return type
  if (name === 'MIN' || name === 'MAX') {
    const family = familyOf(type)
    if (family === 'boolean' || family === 'binary' || family === 'interval') {
      fail(`${name} cannot be applied to ${sqlTypeText(type)}`, argument.span)
    }
    return type
  }
  if (!isNumeric(type)) {
    const hint = familyOf(type) === 'interval' ? `aggregate TSDIFF(a, b), in milliseconds` : null
    fail(`${name} cannot be applied to ${sqlTypeText(type)}`, argument.span, hint)
  }
  if (name === 'AVG') return type
  if (name !== 'SUM') return DOUBLE
  // Sums of integers grow in 64 bits; storing one into a narrower column is where it may fail.
  if (isInteger(type)) return BIGINT
  return type.kind === 'DECIMAL' ? { kind: 'DECIMAL', precision: DECIMAL_PRECISION_MAX, scale: type.scale } : type
}
