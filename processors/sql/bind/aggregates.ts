/** COUNT, SUM, AVG, MIN, MAX: their argument and result types, and the list of those that one select needs. */
import { DECIMAL_PRECISION_MAX, type SqlType, sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import type { AggregateName, AggregatePlan } from '../plan-node.ts'
import { refuse } from '../unplanned.ts'
import { BIGINT, expressionKey } from './build.ts'
import { settled } from './calls.ts'
import type { BindContext } from './context.ts'
import { fail } from './errors.ts'
import { familyOf, isInteger, isNumeric } from './types.ts'

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
    const edge = node.name.text === 'FIRST_VALUE' || node.name.text === 'LAST_VALUE'
    const name = (edge && node.nulls === 'IGNORE' ? `${node.name.text} IGNORE NULLS` : node.name.text) as AggregateName
    if (node.filter !== null) {
      fail('FILTER is not supported', node.filter.span, `use ${name}(CASE WHEN ... THEN x END)`)
    }
    if (node.nulls !== null && !edge) fail(`${name} takes no ${node.nulls} NULLS`, node.span)
    if (node.distinct && name === 'COUNT') {
      fail('COUNT(DISTINCT) is not supported', node.span, 'use COUNT over a SELECT STREAM DISTINCT subquery')
    }
    if (node.distinct && edge) fail(`${node.name.text} takes no DISTINCT`, node.span)
    if (node.distinct && name !== 'MIN' && name !== 'MAX') refuse('distinctAggregate', node.span)
    if (node.star && name !== 'COUNT') fail(`${node.name.text} takes an expression, not *`, node.span)
    if (!node.star && node.args.length !== 1)
      fail(`${node.name.text} takes 1 argument, not ${node.args.length}`, node.span)
    const [arg] = node.args
    const argument = node.star || arg === undefined ? null : settled(this.#context.bind(arg))
    const type = argument === null ? BIGINT : aggregateType(name, argument)
    const key = `${name} ${argument === null ? '*' : expressionKey(argument)}`
    const known = this.#keys.get(key)
    const index = known ?? this.#plans.push({ name, argument, type, span: node.span }) - 1
    this.#keys.set(key, index)
    return { kind: 'column', index: AGGREGATE_BASE + index, type, span: node.span }
  }
}

function aggregateType(name: AggregateName, argument: Expression): SqlType {
  const { type } = argument
  if (name === 'COUNT') return BIGINT
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
  // Sums of integers grow in 64 bits; storing one into a narrower column is where it may fail.
  if (isInteger(type)) return BIGINT
  return type.kind === 'DECIMAL' ? { kind: 'DECIMAL', precision: DECIMAL_PRECISION_MAX, scale: type.scale } : type
}
