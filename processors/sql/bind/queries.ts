/** Queries to plan nodes. */
import { assert } from '../../../core/assert.ts'
import type { TextSpan } from '../../../core/errors.ts'
import type { Schema } from '../../../core/schema.ts'
import { sqlTypeText } from '../../../core/sql-type.ts'
import type { Alias, ExpressionNode, QueryNode, SelectNode, TableNode, WindowReference } from '../ast.ts'
import type { WatermarkPlan } from '../event-time.ts'
import type { Expression } from '../expression.ts'
import { isFinite, type PlanNode } from '../plan-node.ts'
import { nameText } from '../reserved-words.ts'
import { AggregateList } from './aggregates.ts'
import { AGGREGATES, settled } from './calls.ts'
import { type BindContext, bindCondition, type UserCalls } from './context.ts'
import { distinctOf } from './distinct.ts'
import { fail } from './errors.ts'
import { eventAggregate, eventGroupingOf, eventMonotonicity } from './event-groups.ts'
import { bindEventWindow } from './event-time.ts'
import { expressionBinder, type Subquery } from './expressions.ts'
import { emissionTime, finiteGroupingOf, groupingOf, partitionOf, regroup } from './grouping.ts'
import { sideWindow } from './join-windows.ts'
import { type Joined, join, mentionedSystemColumns, withSystemColumns } from './joins.ts'
import { bindLogCall, logCallOf } from './log-calls.ts'
import { matchOf } from './log-records.ts'
import { type Monotonicity, monotonicityOf, NOT_MONOTONIC } from './monotonicity.ts'
import { type Names, NO_NAMES } from './names.ts'
import { isNullable } from './nullable.ts'
import { type BoundItem, type BoundQuery, project } from './projection.ts'
import { numbersRows, Ranking } from './ranking.ts'
import { type Around, type Relation, type RelationColumn, Scope } from './scope.ts'
import { bindSet } from './set-operators.ts'
import { SlidingFunctions } from './sliding.ts'
import { columnItems, type OrderClause, type Sortable, sortedQuery } from './sorting.ts'
import { bindTableFunction } from './table-functions.ts'
import { isMonths } from './types.ts'
import { bindValues } from './values.ts'
import { NamedWindows, type ResolvedWindow } from './windows.ts'

export interface QueryContext {
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

/** The select list over its rows, then DISTINCT, then ORDER BY. */
function finished(select: SelectNode, order: OrderClause | null, every: Omit<Sortable, 'distinct'>): BoundQuery {
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

/** A binder of expressions over the rows of a scope. */
function binderOver(scope: Names, context: QueryContext, bindAggregate: BindContext['bindAggregate']): BindContext {
  const { functions, warn } = context
  return expressionBinder({ scope, warn, functions, bindAggregate, subquery: subqueryBinder(context, scope) })
}

/** Binds a subquery of an expression: finite, and without a column of the select around it. */
export function subqueryBinder(context: QueryContext, scope: Names): (query: QueryNode) => Subquery {
  const around: Around = (name, qualifier) => scope instanceof Scope && scope.has(name, qualifier)
  return query => {
    const bound = bindQuery(query, { ...context, around })
    if (!isFinite(bound.node))
      fail('a subquery in an expression reads reference tables or VALUES only', query.span, 'join the stream in FROM')
    return { index: context.addSubquery(bound.node), columns: bound.node.schema.columns }
  }
}

/** FROM as one relation: commas are joins without a condition, which WHERE supplies. */
function bindFrom(select: SelectNode, context: QueryContext, streaming: boolean): Joined {
  const mentioned = new Set(mentionedSystemColumns(select))
  // Where three meet, the times of the rows say which are near enough.
  if (select.from.length > 2 || select.from.some(isJoinOfJoins) || (select.from.length > 1 && select.from.some(isJoin)))
    mentioned.add('ROWTIME')
  const request = {
    mentioned,
    warn: context.warn,
    around: context.around,
    binder: (scope: Scope) => binderOver(scope, context, refuseAggregate('ON', null)),
  }
  const bindAny = (table: TableNode): Joined => {
    if (table.kind !== 'join') return bindTable(table, context, streaming)
    const { type, natural, on, using, span } = table
    if (on === null && using === null && !natural && type !== 'CROSS')
      fail(`${type} JOIN has no condition`, table.right.span, 'add ON, or write CROSS JOIN')
    const left = bindAny(table.left)
    return join(left, bindAny(table.right), {
      ...request,
      type: type === 'CROSS' ? 'INNER' : type,
      natural,
      on,
      using,
      span: { ...table.right.span, end: span.end },
    })
  }
  const [first, ...others] = select.from
  if (first === undefined) return fail('FROM is empty', select.span)
  let joined = bindAny(first)
  if (others.length === 0 && joined.window !== null && first.kind !== 'join')
    fail('OVER in FROM is the window of a join, and there is none', first.span, 'write OVER behind an aggregate')
  for (const table of others) {
    const { span } = table
    const right = bindAny(table)
    joined = join(joined, right, { ...request, type: 'INNER', natural: false, on: null, using: null, span })
  }
  return joined
}

function isJoin(table: TableNode): boolean {
  return table.kind === 'join'
}

function isJoinOfJoins(table: TableNode): boolean {
  return table.kind === 'join' && (isJoin(table.left) || isJoin(table.right))
}

function filter(input: PlanNode, condition: Expression): PlanNode {
  return { kind: 'filter', input, condition, schema: input.schema }
}

function refuseAggregate(clause: string, hint: string | null): BindContext['bindAggregate'] {
  return node => fail(`${node.name.text} cannot stand in ${clause}`, node.span, hint)
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

function bindTable(table: Exclude<TableNode, { kind: 'join' }>, context: QueryContext, streaming: boolean): Joined {
  switch (table.kind) {
    case 'stream': {
      const { name, schema, input, finite = false } = context.stream(table.path)
      if (finite) refuseOver(table, `table ${nameText(name)}`)
      const relation: Relation = {
        name: table.alias?.name.text ?? name,
        streamName: name,
        node: finite ? { kind: 'table', table: name, schema } : { kind: 'scan', stream: name, schema },
        columns: renamed(
          schema.columns.map((column, index) => ({ ...column, index, hidden: false })),
          table.alias,
        ),
        monotonic: schema.columns.map(() => NOT_MONOTONIC),
        metadata: input,
        system: finite ? 'none' : 'row',
      }
      return { relation, finite, window: windowOf(table, context) }
    }
    case 'derived': {
      const bound = bindQuery(table.query, context, streaming)
      const hidden = new Set(bound.outputs.flatMap(output => (output.plainRowtime ? [output.index] : [])))
      const columns = bound.node.schema.columns.map((column, index) => ({
        ...column,
        index,
        hidden: hidden.has(index),
        record: bound.outputs.find(output => output.index === index)?.record ?? null,
      }))
      const finite = isFinite(bound.node)
      if (finite) refuseOver(table, 'a subquery over tables')
      const relation: Relation = {
        name: table.alias?.name.text ?? null,
        streamName: null,
        node: bound.node,
        columns: renamed(columns, table.alias),
        monotonic: bound.monotonic,
        metadata: false,
      }
      return { relation, finite, window: windowOf(table, context) }
    }
    case 'event-window':
      return {
        relation: renamedRelation(bindEventWindow(table, context.stream(table.path), context.warn), table.alias),
        finite: false,
        window: null,
      }
    case 'table-function':
      return {
        relation: renamedRelation(bindTableFunction(table, bindQuery(table.cursor, context, streaming)), table.alias),
        finite: false,
        window: null,
      }
  }
}

function renamedRelation(relation: Relation, alias: Alias | null): Relation {
  return { ...relation, columns: renamed(relation.columns, alias) }
}

/** Rows of tables have no time that a window could count. */
function refuseOver({ over }: Extract<TableNode, { kind: 'stream' | 'derived' }>, what: string): void {
  if (over === null) return
  fail(
    `OVER has no meaning for ${what}: its rows have no time`,
    over.span,
    'leave OVER out; each row of the stream looks up the table as it stands',
  )
}

function windowOf(table: Extract<TableNode, { kind: 'stream' | 'derived' }>, context: QueryContext): Joined['window'] {
  return table.over === null ? null : sideWindow(resolvedWindow(table.over, context), context.warn)
}

function resolvedWindow(over: WindowReference, { windows }: QueryContext): ResolvedWindow {
  return (windows ?? new NamedWindows({ windows: [] }, null)).resolve(over)
}

/** `AS t (a, b)` */
function renamed(columns: readonly RelationColumn[], alias: Alias | null): readonly RelationColumn[] {
  const names = alias?.columns ?? null
  if (alias === null || names === null) return columns
  const visible = columns.filter(column => !column.hidden)
  if (names.length !== visible.length) {
    fail(`alias ${nameText(alias.name.text)} names ${names.length} columns of ${visible.length}`, alias.span)
  }
  return columns.map(column => {
    const name = names[visible.indexOf(column)]
    return name === undefined ? column : { ...column, name: name.text }
  })
}

function bindItems(select: SelectNode, scope: Scope, binder: BindContext): readonly BoundItem[] {
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

function bindGrouped(
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
