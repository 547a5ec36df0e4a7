/** Row values, `(a, b) = (c, d)`: comparisons of rows as comparisons of their members, in the order of the standard. */
import type { TextSpan } from '../../../core/errors.ts'
import type { ExpressionNode } from '../ast.ts'
import type { ComparisonOperator, Expression } from '../expression.ts'
import { BOOLEAN, coerce } from './build.ts'
import { type BindContext, bringTogether } from './context.ts'
import { fail } from './errors.ts'
import { comparison } from './operators.ts'

/** `left operator right`, of values or of rows. */
export function compareNodes(
  context: BindContext,
  operator: ComparisonOperator,
  left: ExpressionNode,
  right: ExpressionNode,
  span: TextSpan,
): Expression {
  if (left.kind !== 'row' && right.kind !== 'row') {
    return comparison(operator, context.bind(left), context.bind(right), span)
  }
  const pairs = pairsOf(context, left, right, span)
  const equal = pairs.map(([a, b]) => comparison('=', a, b, span))
  if (operator === '=') return all(equal, span)
  if (operator === '<>')
    return any(
      pairs.map(([a, b]) => comparison('<>', a, b, span)),
      span,
    )
  // The first members that differ decide; only where all others are equal the last pair may be equal too.
  const strict = operator === '<' || operator === '<=' ? '<' : '>'
  const cases = pairs.map(([a, b], index) => {
    const sign = index === pairs.length - 1 ? operator : strict
    return all([...equal.slice(0, index), comparison(sign, a, b, span)], span)
  })
  return any(cases, span)
}

/** `(a, b) IS [NOT] DISTINCT FROM (c, d)`, or of values. */
export function distinctNodes(context: BindContext, node: Extract<ExpressionNode, { kind: 'distinct' }>): Expression {
  const { left, negated, right, span } = node
  const pairs =
    left.kind === 'row' || right.kind === 'row'
      ? pairsOf(context, left, right, span)
      : [[context.bind(left), context.bind(right)] as const]
  const parts = pairs.map(([a, b]): Expression => {
    const [x, y] = bringTogether(a, b, 'IS DISTINCT FROM', span)
    return { kind: 'distinct', negated, left: x, right: y, type: BOOLEAN, span }
  })
  return negated ? all(parts, span) : any(parts, span)
}

/** `(a, b) IS [NOT] NULL`: every member is NULL, or none is, so that one is not the opposite of the other. */
export function nullRow(
  context: BindContext,
  members: readonly ExpressionNode[],
  negated: boolean,
  span: TextSpan,
): Expression {
  const parts = members.map((member): Expression => {
    const bound = context.bind(member)
    const operand = bound.type.kind === 'NULL' ? coerce(bound, BOOLEAN) : bound
    return { kind: 'is', what: 'NULL', negated, operand, type: BOOLEAN, span }
  })
  return all(parts, span)
}

function pairsOf(
  context: BindContext,
  left: ExpressionNode,
  right: ExpressionNode,
  span: TextSpan,
): readonly (readonly [Expression, Expression])[] {
  const [a, b] = [membersOf(left), membersOf(right)]
  if (a.length !== b.length) {
    fail(`a row of ${a.length} cannot be compared with a row of ${b.length}`, span, 'both sides need the same members')
  }
  return a.map((member, index) => [context.bind(member), context.bind(b[index] as ExpressionNode)])
}

function membersOf(node: ExpressionNode): readonly ExpressionNode[] {
  return node.kind === 'row' ? node.items : [node]
}

function all(operands: readonly Expression[], span: TextSpan): Expression {
  const [only] = operands
  return operands.length === 1 && only !== undefined ? only : { kind: 'and', operands, type: BOOLEAN, span }
}

function any(operands: readonly Expression[], span: TextSpan): Expression {
  const [only] = operands
  return operands.length === 1 && only !== undefined ? only : { kind: 'or', operands, type: BOOLEAN, span }
}
