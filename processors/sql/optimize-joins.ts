/**
 * Conditions of joins taken apart: equalities between the two sides become keys, which are looked up; what reads one side
 * only goes in front of the join where that changes nothing; the rest stays and is asked of each pair.
 *
 * Order of evaluation is part of the language (a condition shields what comes after it), so an operation that may fail
 * moves only where nothing stands before it.
 */
import { withOperands } from './bind/build.ts'
import { type Expression, operandsOf } from './expression.ts'
import type { JoinKey, PlanNode } from './plan-node.ts'

type JoinNode = Extract<PlanNode, { kind: 'join' | 'lookup' }>

/** A filter over a join, inside it where the join is inner. */
export function filtered(node: JoinNode, condition: Expression): PlanNode {
  const inner = node.kind === 'join' ? node.type === 'INNER' : !node.outer
  if (!inner) return { kind: 'filter', input: node, condition, schema: node.schema }
  return withKeys({
    ...node,
    condition: node.condition === null ? condition : conjunction([node.condition, condition]),
  })
}

/** The join with the equalities of its condition as keys, and with what only one side decides in front of that side. */
export function withKeys(node: JoinNode): JoinNode {
  const width = node.left.schema.columns.length
  const keys: JoinKey[] = [...node.keys]
  const rest: Expression[] = []
  const before: { left: Expression[]; right: Expression[] } = { left: [], right: [] }
  for (const part of node.condition === null ? [] : conjuncts(node.condition)) {
    const movable = rest.length === 0 || !mayFail(part)
    const key = movable ? keyOf(part, node, width) : null
    const side = movable ? sideOf(part, node, width) : 'both'
    if (key !== null) {
      keys.push(key)
      // Whole parts found the pair; whether it is one, the equality says.
      if (!sameScale(part)) rest.push(part)
    } else if ((side === 'left' || side === 'right') && !mayFail(part) && mayFilter(node, side))
      before[side].push(side === 'left' ? part : moved(part, -width))
    else rest.push(part)
  }
  return {
    ...node,
    left: inFront(node.left, before.left),
    right: inFront(node.right, before.right),
    keys,
    condition: rest.length === 0 ? null : conjunction(rest),
  }
}

/** Whether rows of a side that fail a condition of ON may be left out before the join. */
function mayFilter(node: JoinNode, side: 'left' | 'right'): boolean {
  // A lookup asks its table through an index that belongs to the whole table.
  if (node.kind === 'lookup') return side === node.stream && !node.outer
  const preserved = node.type === 'FULL' || (side === 'left' ? node.type === 'LEFT' : node.type === 'RIGHT')
  // The last rows of a side are the last before any condition.
  return !preserved && (side === 'left' ? node.leftWindow : node.rightWindow).kind === 'range'
}

function inFront(node: PlanNode, conditions: readonly Expression[]): PlanNode {
  if (conditions.length === 0) return node
  const condition = conjunction(conditions)
  if (node.kind === 'join' || node.kind === 'lookup') return filtered(node, condition)
  return { kind: 'filter', input: node, condition, schema: node.schema }
}

function keyOf(part: Expression, node: JoinNode, width: number): JoinKey | null {
  if (part.kind !== 'comparison' || part.operator !== '=') return null
  const a = sideOf(part.left, node, width)
  const b = sideOf(part.right, node, width)
  const key = sameScale(part) ? (side: Expression): Expression => side : rounded
  if (a === 'left' && b === 'right') return { left: key(part.left), right: moved(key(part.right), -width) }
  if (a === 'right' && b === 'left') return { left: key(part.right), right: moved(key(part.left), -width) }
  return null
}

/** Whether equal values are equal bits: BIGINT and DECIMAL may meet with scales of their own. */
function sameScale(part: Expression): boolean {
  if (part.kind !== 'comparison') return true
  const [a, b] = [part.left.type, part.right.type]
  return (a.kind === 'DECIMAL' ? a.scale : 0) === (b.kind === 'DECIMAL' ? b.scale : 0)
}

/** An exact number as BIGINT, which holds all of them: what is equal rounds to the same. */
function rounded(side: Expression): Expression {
  const type = { kind: 'BIGINT' } as const
  return side.type.kind === 'BIGINT' ? side : { kind: 'cast', reason: 'explicit', operand: side, type, span: side.span }
}

/** Which side an expression over the joined row reads; `none` for a constant. */
function sideOf(expression: Expression, node: JoinNode, width: number): 'left' | 'right' | 'both' | 'none' {
  switch (expression.kind) {
    case 'column':
      return expression.index < width ? 'left' : 'right'
    case 'rowtime':
    case 'metadata':
      // The time of a pair is that of its later row.
      return node.kind === 'lookup' ? node.stream : 'both'
    default: {
      const sides = new Set(operandsOf(expression).map(operand => sideOf(operand, node, width)))
      sides.delete('none')
      if (sides.size > 1 || sides.has('both')) return 'both'
      return sides.has('left') ? 'left' : sides.has('right') ? 'right' : 'none'
    }
  }
}

/** Functions that have an answer for every value of their arguments. */
const SOUND: ReadonlySet<string> = new Set([
  'UPPER',
  'LOWER',
  'TRIM',
  'INITCAP',
  'CHAR_LENGTH',
  'FLOOR_TO',
  'COALESCE',
  'NULLIF',
])

/** False where every row has a value, whatever its columns hold. */
function mayFail(expression: Expression): boolean {
  switch (expression.kind) {
    case 'arithmetic':
    case 'negate':
    case 'scalar-query':
      return true
    case 'cast':
      return expression.reason !== 'implicit' || expression.type.kind === 'DECIMAL' || mayFail(expression.operand)
    case 'call':
      return !SOUND.has(expression.name) || expression.args.some(mayFail)
    default:
      return operandsOf(expression).some(mayFail)
  }
}

function conjuncts(condition: Expression): readonly Expression[] {
  return condition.kind === 'and' ? condition.operands.flatMap(conjuncts) : [condition]
}

function conjunction(operands: readonly Expression[]): Expression {
  const all = operands.flatMap(conjuncts)
  const [first] = all
  if (first === undefined || all.length === 1) return first as Expression
  return { kind: 'and', operands: all, type: { kind: 'BOOLEAN' }, span: first.span }
}

function moved(expression: Expression, by: number): Expression {
  if (expression.kind === 'column') return { ...expression, index: expression.index + by }
  return withOperands(expression, operand => moved(operand, by))
}
