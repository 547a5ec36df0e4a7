/** Selects with groups: GROUP BY, STAGGER, windows of event time, and aggregates over finite rows. */
import { assert } from '../../../core/assert.ts'
import type { ExpressionNode, SelectNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { isFinite, type PlanNode } from '../plan-node.ts'
import { nameText } from '../reserved-words.ts'
import { AggregateList } from './aggregates.ts'
import { settled } from './calls.ts'
import { type BindContext, bindCondition } from './context.ts'
import { fail } from './errors.ts'
import { eventAggregate, eventGroupingOf, eventMonotonicity } from './event-groups.ts'
import { expressionBinder } from './expressions.ts'
import { emissionTime, finiteGroupingOf, groupingOf, partitionOf, regroup } from './grouping.ts'
import { type Monotonicity, monotonicityOf, NOT_MONOTONIC } from './monotonicity.ts'
import { isNullable } from './nullable.ts'
import type { BoundQuery } from './projection.ts'
import { binderOver, filter, type QueryContext, refuseAggregate, subqueryBinder } from './query-context.ts'
import type { Scope } from './scope.ts'
import { bindItems, finished } from './select-items.ts'
import type { OrderClause } from './sorting.ts'
import { isMonths } from './types.ts'

export function bindGrouped(
  select: SelectNode,
  scope: Scope,
  input: PlanNode,
  context: QueryContext,
  order: OrderClause | null,
): BoundQuery {
  const { functions, warn } = context
  const subquery = subqueryBinder(context, scope)
  const { monotonic, columns } = scope.relation
  const { stagger } = select
  const finite = isFinite(input)
  const whole = finite && stagger === null && select.groupSpan === null
  const span = stagger?.span ?? select.groupSpan ?? (whole ? select.span : null)
  if (span === null) {
    const first = select.items[0]
    return fail(
      'an aggregate over a stream needs GROUP BY, or it would never be complete',
      first?.span ?? select.span,
      "add GROUP BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE)",
    )
  }
  const clause = stagger === null ? 'GROUP BY' : 'PARTITION BY'
  const inGroup = binderOver(scope, context, refuseAggregate(clause, null))
  const written = stagger?.partitionBy ?? select.groupBy
  const terms = written.map(term => settled(inGroup.bind(term)))
  const names = written.map((term, index) => termName(term, index))
  const { eventWindow } = scope.relation
  if (eventWindow !== undefined && stagger !== null) fail(`STAGGER is no window over ${eventWindow.name}`, stagger.span)
  if (finite && stagger !== null) fail('STAGGER needs a stream: rows of a table have no time', stagger.span, 'GROUP BY')
  const grouping =
    eventWindow !== undefined
      ? eventGroupingOf(terms, names, eventWindow, span)
      : stagger === null
        ? finite
          ? finiteGroupingOf(terms, names, span)
          : groupingOf(terms, names, monotonic, span)
        : partitionOf(terms, names)
  const inAggregate = expressionBinder({
    scope,
    warn,
    functions,
    subquery,
    bindAggregate: node =>
      fail(`${node.name.text} cannot stand inside an aggregate`, node.span, 'aggregate in a FROM subquery first'),
  })
  const aggregates = new AggregateList(inAggregate)
  const overGroups = expressionBinder({
    scope,
    warn,
    functions,
    subquery,
    bindAggregate: node => aggregates.bind(node),
    bindOver: node =>
      fail('OVER cannot stand beside GROUP BY', (node.over ?? node).span, 'group in a FROM subquery first'),
    rowtimeOperator: emissionTime,
  })
  const describe = (at: Expression): string => {
    if (at.kind === 'rowtime') return 'ROWTIME of the input'
    if (at.kind === 'metadata') return at.name
    const column = at.kind === 'column' ? columns.find(({ index }) => index === at.index) : undefined
    return `column ${nameText(column?.name ?? '?')}`
  }
  const items = bindItems(select, scope, overGroups).map(item => ({
    ...item,
    expression: regroup(item.expression, grouping, describe),
  }))
  const having =
    select.having === null ? null : regroup(bindCondition(overGroups, select.having, 'HAVING'), grouping, describe)
  // Aggregates that only ORDER BY has take their places before the groups get their schema.
  for (const { expression } of order?.keys ?? []) {
    if (expression.kind !== 'path' && expression.kind !== 'number') overGroups.bind(expression)
  }
  const schema = {
    columns: [
      ...grouping.keys.map(({ name, expression }) => ({
        name,
        type: expression.type,
        nullable: isNullable(expression, input.schema),
      })),
      ...aggregates.plans.map(({ name, type }, index) => ({
        name: `${name}_${index + 1}`,
        type,
        nullable: name !== 'COUNT',
      })),
    ],
  }
  const { keys, window } = grouping
  const shared = { input, keys, aggregates: aggregates.plans, schema }
  const aggregate: PlanNode =
    eventWindow !== undefined
      ? eventAggregate(input, eventWindow, grouping, aggregates.plans, schema)
      : window === null
        ? { ...shared, kind: 'stagger', sizeMs: staggerMs(inGroup, stagger?.range) }
        : { ...shared, kind: 'aggregate', window, ...(whole ? { whole } : {}) }
  const groups = having === null ? aggregate : filter(aggregate, having)
  // Rows of one window leave together, at one time: the window key still rises, but its window has passed.
  const kept =
    eventWindow !== undefined
      ? eventMonotonicity(schema, eventWindow, grouping)
      : schema.columns.map((_, index): Monotonicity => {
          const of =
            index === window?.key ? monotonicityOf(terms[index] ?? emissionTime(select.span), monotonic) : NOT_MONOTONIC
          return of.end === null ? NOT_MONOTONIC : { ...of, end: { kind: 'moment' }, rowtime: false }
        })
  const bind = (node: ExpressionNode): Expression => regroup(overGroups.bind(node), grouping, describe)
  const windowColumn =
    window === null || window.end.kind === 'change' || window.end.kind === 'moment' ? null : window.key
  return finished(select, order, { input: groups, monotonic: kept, items, bind, windowColumn })
}

/** The length of a stagger window. */
function staggerMs(context: BindContext, range: ExpressionNode | undefined): number {
  assert(range !== undefined, 'only a stagger has groups without a window')
  const size = context.bind(range)
  const known = size.kind === 'literal' && size.type.kind === 'INTERVAL' && !isMonths(size.type) ? size.value : null
  if (typeof known !== 'number') {
    return fail('RANGE of STAGGER needs an interval of days to seconds', range.span, "write RANGE INTERVAL '1' MINUTE")
  }
  if (known <= 0) fail('RANGE of STAGGER must be above 0', range.span)
  return known
}

function termName(term: ExpressionNode, index: number): string {
  const last = term.kind === 'path' ? term.parts[term.parts.length - 1] : undefined
  return last?.text ?? `KEY_${index + 1}`
}
