/** Select lists: their items over the rows of a scope, and the rows that leave. */
import { sqlTypeText } from '../../../core/sql-type.ts'
import type { SelectNode } from '../ast.ts'
import type { PlanNode } from '../plan-node.ts'
import { settled } from './calls.ts'
import type { BindContext } from './context.ts'
import { distinctOf } from './distinct.ts'
import { fail } from './errors.ts'
import { bindLogCall, logCallOf } from './log-calls.ts'
import { matchOf } from './log-records.ts'
import { type BoundItem, type BoundQuery, project } from './projection.ts'
import { filter } from './query-context.ts'
import type { Scope } from './scope.ts'
import { type OrderClause, type Sortable, sortedQuery } from './sorting.ts'

export function bindItems(select: SelectNode, scope: Scope, binder: BindContext): readonly BoundItem[] {
  return select.items.flatMap((item, index): readonly BoundItem[] => {
    if (item.kind === 'all') {
      return scope.expand(item.of, item.span).map(({ name, expression, record }) => ({
        name,
        span: item.span,
        expression: { ...expression, span: item.span },
        setsRowtime: false,
        plainRowtime: false,
        emission: false,
        record: record ?? null,
      }))
    }
    const parsed = logCallOf(item.expression)
    const { text, record } = parsed === null ? { text: null, record: null } : bindLogCall(binder, parsed)
    const expression = text ?? settled(binder.bind(item.expression))
    const { alias } = item
    const path = item.expression.kind === 'path' ? item.expression.parts : null
    const written = alias ?? path?.[path.length - 1] ?? null
    const rowtime = written?.text === 'ROWTIME'
    const setsRowtime = rowtime && alias !== null
    if (setsRowtime && expression.type.kind !== 'TIMESTAMP') {
      fail(
        `ROWTIME must be TIMESTAMP, not ${sqlTypeText(expression.type)}`,
        item.expression.span,
        'use TO_TIMESTAMP or CAST',
      )
    }
    const name = written?.text ?? `EXPR$${index}`
    const emission = path?.length === 1 && path[0]?.text === 'ROWTIME' && !setsRowtime
    return [
      {
        name,
        span: item.span,
        expression,
        setsRowtime,
        plainRowtime: rowtime && alias === null,
        emission,
        record,
        requires: record === null ? null : matchOf(expression, record),
      },
    ]
  })
}

/** The select list over its rows, then DISTINCT, then ORDER BY. */
export function finished(select: SelectNode, order: OrderClause | null, every: Omit<Sortable, 'distinct'>): BoundQuery {
  const rows = { ...every, input: required(every.input, every.items) }
  const { distinctSpan } = select
  const distinct = distinctSpan === null ? null : (query: BoundQuery) => distinctOf(query, distinctSpan)
  if (order !== null) return sortedQuery({ ...rows, distinct }, order)
  const projected = project(rows.input, rows.items, rows.monotonic)
  return distinct === null ? projected : distinct(projected)
}

/** The rows that every item of the select list lets through. */
function required(input: PlanNode, items: readonly BoundItem[]): PlanNode {
  return items.reduce((node, { requires }) => (requires ? filter(node, requires) : node), input)
}
