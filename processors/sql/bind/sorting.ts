/**
 * ORDER BY over a stream: rows are sorted within windows of the first key. Keys that are not selected are computed beside
 * the items, sorted by, and left out again.
 */
import type { TextSpan } from '../../../core/errors.ts'
import { sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode, OrderKey, QueryNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { isFinite, type PlanNode, type SortKey, type WindowEnd } from '../plan-node.ts'
import { expressionKey, TIMESTAMP, withOperands } from './build.ts'
import { fail } from './errors.ts'
import { type Monotonicity, NOT_MONOTONIC } from './monotonicity.ts'
import { type BoundItem, type BoundQuery, project } from './projection.ts'
import { shown } from './scope.ts'
import { isMonths } from './types.ts'

export type OrderClause = Extract<QueryNode, { kind: 'ordered' }>

export interface Sortable {
  /** the rows that items and keys are computed from */
  readonly input: PlanNode
  readonly monotonic: readonly Monotonicity[]
  readonly items: readonly BoundItem[]
  /** binds a key over the rows of `input` */
  readonly bind: (node: ExpressionNode) => Expression
  /** the column of `input` whose value is one for all rows of a rowtime: what a window was grouped by */
  readonly windowColumn: number | null
  /** makes DISTINCT of the projected rows, before they are sorted */
  readonly distinct: ((query: BoundQuery) => BoundQuery) | null
}

/** A key, as an item or as an expression over the input. */
type Key = { readonly item: number } | { readonly expression: Expression }

export function sortedQuery(sortable: Sortable, order: OrderClause): BoundQuery {
  return order.within === null ? sorted(sortable, order) : timeSorted(sortable, order, order.within)
}

function sorted(sortable: Sortable, order: OrderClause): BoundQuery {
  const { items, input, windowColumn } = sortable
  const finite = isFinite(input)
  const [first] = order.keys
  const rows = new SortedRows(sortable)
  const columns = order.keys.map((key, index) => {
    const found = keyOf(key.expression, sortable)
    // All rows of a group's window have one rowtime, which says sooner than the key that they are complete.
    const ofWindow =
      index === 0 &&
      'expression' in found &&
      found.expression.kind === 'column' &&
      found.expression.index === windowColumn
    return ofWindow ? null : rows.columnOf(found, key.span)
  })
  const bound = rows.query()
  const end = finite || first === undefined ? null : endOf(first, columns[0] ?? null, bound)
  const keys = order.keys.map(
    ({ descending, nulls }, index): SortKey => ({
      column: columns[index] ?? null,
      descending,
      nullsFirst: nulls === null ? descending : nulls === 'FIRST',
    }),
  )
  const { schema } = bound.node
  const span = first?.span ?? order.span
  const node: PlanNode = { kind: 'sort', input: bound.node, keys, end, limit: order.limit?.count ?? null, span, schema }
  return selected(node, items, index => {
    const of = bound.monotonic[index] ?? NOT_MONOTONIC
    if (end?.kind === 'instant') return of
    return index === columns[0] && of.end !== null ? { ...of, end: { kind: 'moment' }, rowtime: false } : NOT_MONOTONIC
  })
}

/** The projected rows and the keys beside them. */
class SortedRows {
  readonly #sortable: Sortable
  readonly #added: BoundItem[] = []

  constructor(sortable: Sortable) {
    this.#sortable = sortable
  }

  /** The column of a key; null for the rowtime of the projected row. */
  columnOf(key: Key, span: TextSpan): number | null {
    const { items, distinct } = this.#sortable
    if ('item' in key) {
      const item = items[key.item]
      return item === undefined || item.setsRowtime ? null : this.#place(item)
    }
    const { expression } = key
    if (expression.kind === 'rowtime' && !items.some(item => item.setsRowtime)) return null
    const wanted = expressionKey(expression)
    const item = items.find(each => !each.setsRowtime && expressionKey(each.expression) === wanted)
    if (item !== undefined) return this.#place(item)
    const over = distinct === null ? expression : overItems(expression, items, span)
    const known = this.#added.find(each => expressionKey(each.expression) === expressionKey(over))
    if (known !== undefined) return this.#place(known)
    const name = `SORT_${this.#added.length + 1}`
    const added = { name, span, expression: over, setsRowtime: false, plainRowtime: false, emission: false }
    this.#added.push(added)
    return this.#place(added)
  }

  query(): BoundQuery {
    const { distinct, input, items, monotonic } = this.#sortable
    if (distinct === null) return project(input, [...items, ...this.#added], monotonic)
    const unique = distinct(project(input, items, monotonic))
    if (this.#added.length === 0) return unique
    return project(unique.node, [...columnItems(unique), ...this.#added], unique.monotonic)
  }

  #place(item: BoundItem): number {
    return [...this.#sortable.items, ...this.#added].filter(each => !each.setsRowtime).indexOf(item)
  }
}

/** A key over the selected rows, where nothing else is left: DISTINCT has merged them. */
function overItems(expression: Expression, items: readonly BoundItem[], span: TextSpan): Expression {
  const columns = items.filter(item => !item.setsRowtime)
  const wanted = expressionKey(expression)
  const index = columns.findIndex(item => expressionKey(item.expression) === wanted)
  if (index >= 0) return { kind: 'column', index, type: expression.type, span: expression.span }
  const retimed = columns.length < items.length
  if (expression.kind === 'column' || expression.kind === 'metadata' || (expression.kind === 'rowtime' && retimed)) {
    fail('ORDER BY after DISTINCT sorts by what is selected', span, 'select the key as well')
  }
  return withOperands(expression, operand => overItems(operand, items, span))
}

function keyOf(node: ExpressionNode, { bind, items }: Sortable): Key {
  if (node.kind === 'number' && node.form === 'integer') {
    const item = Number(node.text) - 1
    if (items[item] === undefined) {
      fail(
        `ORDER BY ${node.text} names no item: there ${items.length === 1 ? 'is 1' : `are ${items.length}`}`,
        node.span,
      )
    }
    return { item }
  }
  const [name, second] = node.kind === 'path' ? node.parts : []
  if (name === undefined || second !== undefined) return { expression: bind(node) }
  const found = items.flatMap((item, index) => (item.name === name.text && !item.plainRowtime ? [index] : []))
  const [item] = found
  if (item === undefined) return { expression: bind(node) }
  const keys = new Set(found.map(index => expressionKey((items[index] as BoundItem).expression)))
  if (keys.size > 1) fail(`${shown(name)} names more than one item`, name.span, 'give one of them another alias')
  return { item }
}

/** When the rows of a value of the first key are complete. */
function endOf(key: OrderKey, column: number | null, bound: BoundQuery): WindowEnd {
  if (key.descending) fail('first key of ORDER BY cannot be DESC: time only rises', key.span)
  if (column === null) return { kind: 'instant' }
  const { direction, end } = bound.monotonic[column] ?? NOT_MONOTONIC
  if (direction === 'descending') fail('first key of ORDER BY falls while time rises', key.span, 'leave its minus out')
  if (direction !== 'ascending' || end === null) {
    fail(
      'ORDER BY over a stream begins with a monotonic term, or its rows would never be complete',
      key.span,
      'write ORDER BY FLOOR(s.ROWTIME TO SECOND), ...',
    )
  }
  return end
}

/** The items alone, over sorted rows that begin with them. */
function selected(
  node: PlanNode,
  items: readonly BoundItem[],
  monotonicOf: (index: number) => Monotonicity,
): BoundQuery {
  let index = 0
  const outputs = items.map(item => ({
    name: item.name,
    span: item.span,
    index: item.setsRowtime ? null : index++,
    plainRowtime: item.plainRowtime,
    record: item.record ?? null,
  }))
  const shownItems = items.filter(item => !item.setsRowtime)
  const columns = node.schema.columns.slice(0, shownItems.length)
  const planItems = shownItems.map((item, place) => {
    const type = columns[place]?.type ?? item.expression.type
    const expression: Expression = item.emission
      ? { kind: 'rowtime', type: TIMESTAMP, span: item.span }
      : { kind: 'column', index: place, type, span: item.expression.span }
    return { name: item.name, expression }
  })
  return {
    node: { kind: 'project', input: node, items: planItems, rowtime: null, schema: { columns } },
    outputs,
    monotonic: columns.map((_, place) => monotonicOf(place)),
  }
}

/** What a query gives, as items over it. */
export function columnItems(query: BoundQuery): readonly BoundItem[] {
  return query.outputs.flatMap(({ index, name, plainRowtime, span }) => {
    const type = index === null ? undefined : query.node.schema.columns[index]?.type
    if (index === null || type === undefined) return []
    const expression: Expression = { kind: 'column', index, type, span }
    return [{ name, span, expression, setsRowtime: false, plainRowtime, emission: false }]
  })
}

/** `ORDER BY s.t WITHIN INTERVAL 'd'`: the time that the item AS ROWTIME gives the rows, which may be out of order by d. */
function timeSorted(sortable: Sortable, order: OrderClause, within: ExpressionNode): BoundQuery {
  const { bind, distinct, input, items, monotonic } = sortable
  const [key] = order.keys
  if (key === undefined) return fail('ORDER BY has no key', order.span)
  if (key.descending) fail('ORDER BY ... WITHIN cannot be DESC: time only rises', key.span)
  if (distinct !== null) fail('ORDER BY ... WITHIN cannot follow DISTINCT', key.span, 'sort in a FROM subquery first')
  const path = key.expression.kind === 'path' ? key.expression.parts : null
  if (path?.length === 1) {
    fail(
      `ORDER BY ... WITHIN needs a column with its stream, not ${shown(path[0] as (typeof path)[number])}`,
      key.span,
      'write alias.column',
    )
  }
  const time = bind(key.expression)
  if (time.type.kind !== 'TIMESTAMP') {
    fail(`ORDER BY ... WITHIN needs a TIMESTAMP, not ${sqlTypeText(time.type)}`, key.span)
  }
  const wanted = expressionKey(time)
  const place = items.findIndex(item => item.setsRowtime && expressionKey(item.expression) === wanted)
  const item = items[place]
  if (item === undefined) {
    return fail('ORDER BY ... WITHIN needs its key in the select list AS ROWTIME', key.span, 'select it AS ROWTIME')
  }
  const interval = bind(within)
  const { type } = interval
  if (type.kind !== 'INTERVAL' || isMonths(type) || interval.kind !== 'literal' || typeof interval.value !== 'number') {
    return fail('WITHIN needs an interval of days to seconds', within.span, "write WITHIN INTERVAL '30' SECOND")
  }
  if (interval.value < 0) fail('WITHIN cannot be negative', within.span)
  const columns = items.filter(each => !each.setsRowtime)
  const retimed = { ...item, name: 'ROWTIME', setsRowtime: false, plainRowtime: false }
  const rows = project(input, [...columns, retimed], monotonic)
  const node: PlanNode = {
    kind: 'time-sort',
    input: rows.node,
    column: columns.length,
    withinMs: interval.value,
    span: key.span,
    schema: rows.node.schema,
  }
  return selected(node, items, () => NOT_MONOTONIC)
}
