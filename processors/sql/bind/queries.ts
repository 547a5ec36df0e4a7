/** Queries to plan nodes. */
import type { ExpressionNode, QueryNode, SelectNode } from '../ast.ts'
import { isFinite } from '../plan-node.ts'
import { AGGREGATES } from './calls.ts'
import { bindCondition } from './context.ts'
import { fail } from './errors.ts'
import { expressionBinder } from './expressions.ts'
import { bindFrom } from './from-clause.ts'
import { bindGrouped } from './grouped.ts'
import { mentionedSystemColumns, withSystemColumns } from './joins.ts'
import { NO_NAMES } from './names.ts'
import type { BoundQuery } from './projection.ts'
import { binderOver, filter, type QueryContext, refuseAggregate, subqueryBinder } from './query-context.ts'
import { numbersRows, Ranking } from './ranking.ts'
import { type Relation, Scope } from './scope.ts'
import { bindItems, finished } from './select-items.ts'
import { bindSet } from './set-operators.ts'
import { SlidingFunctions } from './sliding.ts'
import { columnItems, type OrderClause, sortedQuery } from './sorting.ts'
import { bindValues } from './values.ts'
import { NamedWindows } from './windows.ts'

/** @param streaming whether an enclosing select says STREAM */
export function bindQuery(query: QueryNode, context: QueryContext, streaming = false): BoundQuery {
  switch (query.kind) {
    case 'select':
      return bindSelect(query, context, streaming)
    case 'set':
      return bindSet(query, operand => bindQuery(operand, context, streaming))
    case 'values':
      return bindValues(query, binderOver(NO_NAMES, context, refuseAggregate('VALUES', null)))
    case 'ordered':
      return query.query.kind === 'select'
        ? bindSelect(query.query, context, streaming, query)
        : sortedBound(bindQuery(query.query, context, streaming), query, context)
  }
}

/** ORDER BY over a query as it is, such as a UNION ALL: keys are its columns. */
function sortedBound(query: BoundQuery, order: OrderClause, context: QueryContext): BoundQuery {
  const items = columnItems(query)
  const hidden = new Set(query.outputs.flatMap(output => (output.plainRowtime ? [output.index] : [])))
  const scope = new Scope({
    name: null,
    streamName: null,
    node: query.node,
    columns: query.node.schema.columns.map((column, index) => ({ ...column, index, hidden: hidden.has(index) })),
    monotonic: query.monotonic,
    metadata: false,
  })
  const { bind } = binderOver(scope, context, refuseAggregate('ORDER BY', null))
  const { monotonic, node: input } = query
  return sortedQuery({ input, monotonic, items, bind, windowColumn: null, distinct: null }, order)
}

function bindSelect(
  select: SelectNode,
  outer: QueryContext,
  streaming: boolean,
  order: OrderClause | null = null,
): BoundQuery {
  const windows = new NamedWindows(select, outer.windows ?? null)
  const context = { ...outer, windows }
  const { relation, finite } = bindFrom(select, context, streaming || select.stream)
  const [table] = select.from
  if (!select.stream && !streaming && !finite && table !== undefined && table.kind !== 'derived') {
    context.warn('SELECT over a stream without STREAM; write SELECT STREAM', select.span)
  }
  const scope = new Scope(relation, context.around)
  const inWhere = binderOver(scope, context, refuseAggregate('WHERE', 'use HAVING'))
  const filtered =
    select.where === null ? relation.node : filter(relation.node, bindCondition(inWhere, select.where, 'WHERE'))
  const grouped = select.groupBy.length > 0 || select.stagger !== null || containsAggregate(select, order)
  if (grouped) return bindGrouped(select, scope, filtered, context, order)
  if (relation.eventWindow?.window.kind === 'session') {
    fail(
      'SESSION needs GROUP BY: the end of a session is not known while its rows pass',
      select.from[0]?.span ?? select.span,
    )
  }
  if (select.having !== null) fail('HAVING needs GROUP BY', select.having.span, 'use WHERE')
  if (numbersRows(select)) return bindRanked(select, { ...relation, node: filtered }, context, order)
  const { functions, warn } = context
  const subquery = subqueryBinder(context, scope)
  const inOver = expressionBinder({
    scope,
    warn,
    functions,
    subquery,
    bindAggregate: refuseAggregate('OVER', 'aggregate in a FROM subquery first'),
    bindOver: node => fail('OVER cannot stand inside OVER', (node.over ?? node).span, 'compute it in a FROM subquery'),
  })
  const sliding = new SlidingFunctions(inOver, windows, filtered)
  const bindAggregate = refuseAggregate('this place', null)
  const inItems = expressionBinder({
    scope,
    warn,
    functions,
    subquery,
    bindAggregate,
    bindOver: node => sliding.bind(node),
  })
  const items = bindItems(select, scope, inItems)
  // Functions that only ORDER BY has take their places before the rows get their schema.
  for (const { expression } of order?.keys ?? []) {
    if (expression.kind !== 'path' && expression.kind !== 'number') inItems.bind(expression)
  }
  const { monotonic } = relation
  return finished(select, order, { input: sliding.node, monotonic, items, bind: inItems.bind, windowColumn: null })
}

/** A select that numbers the rows of windows: they leave when their window is complete, so that ROWTIME becomes a column. */
function bindRanked(
  select: SelectNode,
  relation: Relation,
  context: QueryContext & { readonly windows: NamedWindows },
  order: OrderClause | null,
): BoundQuery {
  const { functions, warn, windows } = context
  const wide = isFinite(relation.node)
    ? relation
    : withSystemColumns(relation, mentionedSystemColumns(select), select.span)
  const scope = new Scope(wide, context.around)
  const bindAggregate = refuseAggregate('OVER', 'aggregate in a FROM subquery first')
  const ranking = new Ranking(binderOver(scope, context, bindAggregate), windows, wide.node, wide.monotonic)
  const inItems = expressionBinder({
    scope,
    warn,
    functions,
    subquery: subqueryBinder(context, scope),
    bindAggregate,
    bindOver: node => ranking.bind(node),
  })
  const items = bindItems(select, scope, inItems).map(item => ({ ...item, emission: false }))
  for (const { expression } of order?.keys ?? []) {
    if (expression.kind !== 'path' && expression.kind !== 'number') inItems.bind(expression)
  }
  const { monotonic, node: input } = ranking
  return finished(select, order, { input, monotonic, items, bind: inItems.bind, windowColumn: null })
}

/** True where the select list, HAVING or ORDER BY calls an aggregate outside subqueries and OVER. */
function containsAggregate(select: SelectNode, order: OrderClause | null): boolean {
  const pending: unknown[] = [select.items, select.having, order?.keys]
  for (let at = 0; at < pending.length; at++) {
    const value = pending[at]
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) continue
    const node = value as Partial<ExpressionNode>
    if (node.kind === 'subquery' || node.kind === 'exists') continue
    if (node.kind === 'call' && node.over === null && node.name !== undefined && AGGREGATES.has(node.name.text))
      return true
    for (const child of Object.values(value)) pending.push(child)
  }
  return false
}
