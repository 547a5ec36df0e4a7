/** What the parts of the expression binder share: recursion, warnings, and the checks that name the operands. */
import type { TextSpan } from '../../../core/errors.ts'
import { type SqlType, sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { BIGINT, BOOLEAN, coerce } from './build.ts'
import { fail } from './errors.ts'
import { commonType, comparesAsItIs, isDatetime, isNumeric, isText } from './types.ts'

export interface BindContext {
  readonly bind: (node: ExpressionNode) => Expression
  readonly bindAggregate: (node: Extract<ExpressionNode, { kind: 'call' }>) => Expression
  /** binds a call with OVER, or refuses it in this clause */
  readonly bindOver: (node: Extract<ExpressionNode, { kind: 'call' }>) => Expression
  readonly warn: (message: string, span: TextSpan) => void
  /** puts the body of a function of the program in place of its call; null where there is no such function */
  readonly functions?: UserCalls | undefined
}

/** The functions that a program creates, as a call sees them (functions.ts). */
export interface UserCalls {
  readonly names: readonly string[]
  call(node: Extract<ExpressionNode, { kind: 'call' }>, args: readonly Expression[]): Expression | null
}

/** A condition: BOOLEAN, or a bare NULL, which is UNKNOWN. */
export function bindCondition(context: BindContext, node: ExpressionNode, where: string): Expression {
  const condition = context.bind(node)
  if (condition.type.kind === 'NULL') return coerce(condition, BOOLEAN)
  if (condition.type.kind !== 'BOOLEAN') {
    fail(`${where} needs a BOOLEAN, not ${sqlTypeText(condition.type)}`, node.span)
  }
  return condition
}

/**
 * Both expressions as they compare: in one type, or as BIGINT or DECIMAL of scales of their own where no DECIMAL holds the values
 * of both. The type is the one that a result has which may be either.
 */
export function bringTogether(
  left: Expression,
  right: Expression,
  operator: string,
  span: TextSpan,
): readonly [Expression, Expression, SqlType] {
  const type = commonType(left.type, right.type)
  if (type === null) {
    fail(
      `${operator} cannot be applied to ${sqlTypeText(left.type)} and ${sqlTypeText(right.type)}`,
      span,
      conversionHint(left.type, right.type),
    )
  }
  if (comparesAsItIs(left.type, right.type)) {
    const exact = (side: Expression): Expression => (side.type.kind === 'DECIMAL' ? side : coerce(side, BIGINT))
    return [exact(left), exact(right), type]
  }
  return [coerce(left, type), coerce(right, type), type]
}

/** How to make two types meet. */
export function conversionHint(left: SqlType, right: SqlType): string {
  for (const [text, other] of [
    [left, right],
    [right, left],
  ] as const) {
    if (!isText(text)) continue
    if (isNumeric(other)) return `there are no implicit conversions: CAST(... AS ${sqlTypeText(other)})`
    if (isDatetime(other)) return `write ${other.kind} 'text', or CAST(... AS ${other.kind})`
  }
  if (isDatetime(left) && isDatetime(right)) return `there are no implicit conversions: CAST(... AS ${left.kind})`
  return 'there are no implicit conversions: use CAST'
}
