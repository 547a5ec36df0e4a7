/** The operators of the subset, and how strongly they bind. */
import type { AggregateOp, ArithmeticOp, BinaryOp, ComparisonOp, SetOp } from './ast.ts'

export const AGGREGATES: ReadonlySet<string> = new Set<AggregateOp>([
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'quantile',
  'count_values',
])
/** Aggregations whose first argument says how many, which share, or under which label. */
export const WITH_PARAMETER: ReadonlySet<string> = new Set(['topk', 'bottomk', 'quantile', 'count_values'])
const ARITHMETIC: ReadonlySet<string> = new Set<ArithmeticOp>(['+', '-', '*', '/', '%', '^', 'atan2'])
export const COMPARISONS: ReadonlySet<string> = new Set<ComparisonOp>(['==', '!=', '>', '<', '>=', '<='])
export const SETS: ReadonlySet<string> = new Set<SetOp>(['and', 'or', 'unless'])
/** A sign binds as a product does: weaker than `^`, and its operand reaches as far as powers go. */
export const POWER = 6
/** The larger binds the stronger. */
export const PRECEDENCE: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '<': 3,
  '>=': 3,
  '<=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': POWER,
}

export function isBinaryOp(op: string): op is BinaryOp {
  return ARITHMETIC.has(op) || COMPARISONS.has(op) || SETS.has(op)
}

export function isAggregate(op: string): op is AggregateOp {
  return AGGREGATES.has(op)
}
