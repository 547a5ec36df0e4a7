/** What queries, their clauses and their subqueries share: the names around them, and binders over the rows of a scope. */
import type { TextSpan } from '../../../core/errors.ts'
import type { Schema } from '../../../core/schema.ts'
import type { QueryNode, TableNode } from '../ast.ts'
import type { WatermarkPlan } from '../event-time.ts'
import type { Expression } from '../expression.ts'
import { isFinite, type PlanNode } from '../plan-node.ts'
import type { BindContext, UserCalls } from './context.ts'
import { fail } from './errors.ts'
import { expressionBinder, type Subquery } from './expressions.ts'
import type { Names } from './names.ts'
import type { BoundQuery } from './projection.ts'
import { type Around, Scope } from './scope.ts'
import type { NamedWindows } from './windows.ts'

export interface QueryContext {
  /** binds a query inside another; `streaming`: whether an enclosing select says STREAM */
  readonly bindQuery: (query: QueryNode, context: QueryContext, streaming?: boolean) => BoundQuery
  /** the stream that a path names; throws if there is none */
  readonly stream: (path: Extract<TableNode, { kind: 'stream' }>['path']) => {
    readonly name: string
    readonly schema: Schema
    readonly input: boolean
    readonly watermark: WatermarkPlan | null
    /** a reference table */
    readonly finite?: boolean
  }
  readonly warn: (message: string, span: TextSpan) => void
  /** takes a finite query that an expression asks; its number in the program */
  readonly addSubquery: (node: PlanNode) => number
  /** windows of the selects around the query */
  readonly windows?: NamedWindows
  /** what the query has around which this one is a subquery of an expression */
  readonly around?: Around | undefined
  /** the functions that the program creates */
  readonly functions?: UserCalls | undefined
}

/** A binder of expressions over the rows of a scope. */
export function binderOver(
  scope: Names,
  context: QueryContext,
  bindAggregate: BindContext['bindAggregate'],
): BindContext {
  const { functions, warn } = context
  return expressionBinder({ scope, warn, functions, bindAggregate, subquery: subqueryBinder(context, scope) })
}

/** Binds a subquery of an expression: finite, and without a column of the select around it. */
export function subqueryBinder(context: QueryContext, scope: Names): (query: QueryNode) => Subquery {
  const around: Around = (name, qualifier) => scope instanceof Scope && scope.has(name, qualifier)
  return query => {
    const bound = context.bindQuery(query, { ...context, around })
    if (!isFinite(bound.node))
      fail('a subquery in an expression reads reference tables or VALUES only', query.span, 'join the stream in FROM')
    return { index: context.addSubquery(bound.node), columns: bound.node.schema.columns }
  }
}

export function refuseAggregate(clause: string, hint: string | null): BindContext['bindAggregate'] {
  return node => fail(`${node.name.text} cannot stand in ${clause}`, node.span, hint)
}

export function filter(input: PlanNode, condition: Expression): PlanNode {
  return { kind: 'filter', input, condition, schema: input.schema }
}
