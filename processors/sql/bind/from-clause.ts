/** FROM as one relation: streams, reference tables, subqueries, windows and table functions, and the joins of them. */
import type { Alias, SelectNode, TableNode, WindowReference } from '../ast.ts'
import { isFinite } from '../plan-node.ts'
import { nameText } from '../reserved-words.ts'
import { fail } from './errors.ts'
import { bindEventWindow } from './event-time.ts'
import { sideWindow } from './join-windows.ts'
import { type Joined, join, mentionedSystemColumns } from './joins.ts'
import { NOT_MONOTONIC } from './monotonicity.ts'
import { binderOver, type QueryContext, refuseAggregate } from './query-context.ts'
import type { Scope } from './scope.ts'
import { type Relation, type RelationColumn } from './scope.ts'
import { bindTableFunction } from './table-functions.ts'
import { NamedWindows, type ResolvedWindow } from './windows.ts'

/** FROM as one relation: commas are joins without a condition, which WHERE supplies. */
export function bindFrom(select: SelectNode, context: QueryContext, streaming: boolean): Joined {
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
      const bound = context.bindQuery(table.query, context, streaming)
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
        relation: renamedRelation(
          bindTableFunction(table, context.bindQuery(table.cursor, context, streaming)),
          table.alias,
        ),
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
