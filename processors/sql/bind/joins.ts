/** Relations of FROM brought together: what kind of join it is, its condition, and the names that its rows answer to. */
import type { TextSpan } from '../../../core/errors.ts'
import type { Column } from '../../../core/schema.ts'
import type { ExpressionNode, Name, SelectNode, TableNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import type { JoinKind, JoinWindow, PlanNode } from '../plan-node.ts'
import { nameText } from '../reserved-words.ts'
import { BOOLEAN, coerce, literal, TIMESTAMP } from './build.ts'
import { type BindContext, bindCondition } from './context.ts'
import { fail, nameHint } from './errors.ts'
import { CURRENT_ROW, keptBy, type SideWindow } from './join-windows.ts'
import { NOT_MONOTONIC } from './monotonicity.ts'
import { comparison } from './operators.ts'
import { type Around, type MergedColumn, type Relation, Scope, shown, systemType } from './scope.ts'
import { commonType } from './types.ts'

/** A relation of FROM on its way into a join. */
export interface Joined {
  readonly relation: Relation
  readonly finite: boolean
  /** of OVER; null without. Of a join: how far its rows reach together */
  readonly window: SideWindow | null
  /** of a join: the windows of what it joins, in the order of the parts of its relation */
  readonly frames?: readonly (SideWindow | null)[]
  /** how much later than its own rows a row of the relation may leave, milliseconds: rows of outer joins that found no partner */
  readonly delayMs?: number
}

export interface JoinRequest {
  readonly type: JoinKind
  readonly natural: boolean
  readonly on: ExpressionNode | null
  readonly using: readonly Name[] | null
  readonly span: TextSpan
  /** system columns that the select names somewhere */
  readonly mentioned: ReadonlySet<string>
  readonly warn: (message: string, span: TextSpan) => void
  /** of the query around, where the join stands in a subquery of an expression */
  readonly around?: Around | undefined
  /** a binder of expressions over the joined row */
  readonly binder: (scope: Scope) => BindContext
}

export function join(left: Joined, right: Joined, request: JoinRequest): Joined {
  const { type, span } = request
  if (left.finite || right.finite) {
    const preservesTable = type === 'FULL' || (type === 'LEFT' && left.finite) || (type === 'RIGHT' && right.finite)
    if (preservesTable && left.finite !== right.finite)
      fail(
        `${type} JOIN would have to keep the rows of a table that never meet the stream, and no row says when that is`,
        span,
        left.finite ? 'keep the stream: RIGHT JOIN, or the stream first' : 'keep the stream: LEFT JOIN',
      )
    if (left.finite && right.finite && type !== 'INNER' && type !== 'LEFT')
      fail(`${type} JOIN of two tables is not supported`, span, 'write it as a LEFT JOIN')
    for (const { window } of [left, right])
      if (window !== null)
        request.warn('a window has no effect in a join with a table: each row looks up the table as it stands', span)
    return lookup(left, right, request)
  }
  if (left.window === null && right.window === null)
    request.warn('neither side of the join has a window: only rows of equal ROWTIME meet; write OVER (RANGE ...)', span)
  return streamJoin(left, right, request)
}

/** System columns that an expression of this select may name; subqueries have their own. */
export function mentionedSystemColumns(select: SelectNode): ReadonlySet<string> {
  const found = new Set<string>()
  const pending: unknown[] = [select]
  for (let at = 0; at < pending.length; at++) {
    const value = pending[at]
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) continue
    const node = value as Partial<ExpressionNode | TableNode | SelectNode>
    if (node.kind === 'select' && value !== select) continue
    const last = node.kind === 'path' ? node.parts?.[node.parts.length - 1]?.text : undefined
    if (last !== undefined && systemType(last) !== null) found.add(last)
    for (const child of Object.values(value)) pending.push(child)
  }
  return found
}

function lookup(left: Joined, right: Joined, request: JoinRequest): Joined {
  const { type, span } = request
  const stream = right.finite ? 'left' : 'right'
  const outer = type !== 'INNER'
  const timeless = (parts: readonly Relation[], { finite }: Joined): readonly Relation[] =>
    finite ? parts.map(part => ({ ...part, system: 'none' })) : parts
  const parts = [
    ...timeless(partsOf(left.relation), left),
    ...timeless(shifted(right.relation, widthOf(left.relation)), right),
  ]
  const { condition, merged } = conditionOf(left, right, parts, request, stream === 'left' ? 'left' : 'right')
  const columns = [
    ...columnsOf(left.relation, outer && stream === 'right'),
    ...columnsOf(right.relation, outer && stream === 'left'),
  ]
  const node: PlanNode = {
    kind: 'lookup',
    outer,
    stream,
    left: left.relation.node,
    right: right.relation.node,
    keys: [],
    condition,
    schema: { columns },
    span,
  }
  const monotonic = [left, right].flatMap(({ relation, finite }) =>
    finite ? relation.node.schema.columns.map(() => NOT_MONOTONIC) : relation.monotonic,
  )
  const relation = joinedRelation(node, parts, merged, monotonic)
  const { window, delayMs = 0 } = stream === 'left' ? left : right
  const frames = [...framesOf(left), ...framesOf(right)]
  return { relation, finite: left.finite && right.finite, window, frames, delayMs }
}

function streamJoin(left: Joined, right: Joined, request: JoinRequest): Joined {
  const { type, span, mentioned } = request
  const leftFrame = left.window ?? CURRENT_ROW
  const rightFrame = right.window ?? CURRENT_ROW
  const follows = (frame: SideWindow): boolean => frame.kind === 'range' && frame.followingMs > 0
  if ((leftFrame.kind === 'rows' && follows(rightFrame)) || (rightFrame.kind === 'rows' && follows(leftFrame)))
    fail('FOLLOWING cannot meet ROWS on the other side', span, 'use RANGE on both sides')
  // Rows that waited in an outer join come later than they are, and meet what was there at their own time.
  const leftWindow = keptBy(leftFrame, rightFrame, right.delayMs)
  const rightWindow = keptBy(rightFrame, leftFrame, left.delayMs)
  const nullLeft = type === 'RIGHT' || type === 'FULL'
  const nullRight = type === 'LEFT' || type === 'FULL'
  const wideLeft = withSystemColumns(left.relation, mentioned, span)
  const wideRight = withSystemColumns(right.relation, mentioned, span)
  const parts = [...partsOf(wideLeft), ...shifted(wideRight, widthOf(wideLeft))]
  const kept = type === 'RIGHT' ? 'right' : type === 'FULL' ? 'both' : 'left'
  const written = conditionOf({ ...left, relation: wideLeft }, { ...right, relation: wideRight }, parts, request, kept)
  const { merged } = written
  const frames = [...framesOf(left), ...framesOf(right)]
  const near = partsOf(wideLeft).length + partsOf(wideRight).length > 2
  const limits = near ? reachOf(parts, frames, partsOf(wideLeft).length, span) : []
  const conditions = [...(written.condition === null ? [] : [written.condition]), ...limits]
  const condition: Expression | null =
    conditions.length > 1 ? { kind: 'and', operands: conditions, type: BOOLEAN, span } : (conditions[0] ?? null)
  const node: PlanNode = {
    kind: 'join',
    type,
    left: wideLeft.node,
    right: wideRight.node,
    leftWindow,
    rightWindow,
    keys: [],
    condition,
    schema: { columns: [...columnsOf(wideLeft, nullLeft), ...columnsOf(wideRight, nullRight)] },
    span,
  }
  // Rows of a side that only meets at its own time keep its order; others come again later.
  const still = (relation: Relation, moves: boolean) =>
    relation.node.schema.columns.map((_, index) =>
      moves ? NOT_MONOTONIC : (relation.monotonic[index] ?? NOT_MONOTONIC),
    )
  const leftMoves = nullLeft || leftWindow.kind !== 'range' || leftWindow.keptMs > 0
  const rightMoves = nullRight || rightWindow.kind !== 'range' || rightWindow.keptMs > 0
  const monotonic = [...still(wideLeft, leftMoves), ...still(wideRight, rightMoves)]
  const waits = type === 'INNER' ? 0 : Math.max(keptMsOf(leftWindow), keptMsOf(rightWindow))
  return {
    relation: joinedRelation(node, parts, merged, monotonic),
    finite: false,
    window: together(frames, request),
    frames,
    delayMs: Math.max(left.delayMs ?? 0, right.delayMs ?? 0) + (Number.isFinite(waits) ? waits : 0),
  }
}

function framesOf(joined: Joined): readonly (SideWindow | null)[] {
  return joined.frames ?? [joined.window]
}

function keptMsOf(window: JoinWindow): number {
  return window.kind === 'range' ? window.keptMs : 0
}

/** How far the rows of a join reach towards a third stream: as far as the farthest of their parts; `reachOf` holds the others. */
function together(frames: readonly (SideWindow | null)[], { span, warn }: JoinRequest): SideWindow | null {
  const windows = frames.flatMap(frame => (frame === null ? [] : [frame]))
  if (windows.length === 0) return null
  const ranges = windows.flatMap(frame => (frame.kind === 'range' ? [frame] : []))
  if (ranges.length < windows.length) {
    if (frames.length > 2) warn('rows of a join with ROWS windows meet a third stream at their own time only', span)
    return null
  }
  return {
    kind: 'range',
    precedingMs: Math.max(...ranges.map(({ precedingMs }) => precedingMs)),
    followingMs: Math.max(...ranges.map(({ followingMs }) => followingMs)),
  }
}

/** Each row of one side within the window of each row of the other, by their own times: a pair is as young as its younger row. */
function reachOf(
  parts: readonly Relation[],
  frames: readonly (SideWindow | null)[],
  leftParts: number,
  span: TextSpan,
): readonly Expression[] {
  const found: Expression[] = []
  /** later - earlier <= ms; a row without partner has no time, and no distance from anything */
  const within = (later: Relation, earlier: Relation, ms: number): void => {
    const [a, b] = [timeOf(later, span), timeOf(earlier, span)]
    if (a === null || b === null || ms === Infinity) return
    const interval = literal(ms, { kind: 'INTERVAL', from: 'DAY', to: 'SECOND' }, span)
    const until: Expression = { kind: 'arithmetic', operator: '+', left: b, right: interval, type: TIMESTAMP, span }
    const near: Expression = { kind: 'comparison', operator: '<=', left: a, right: until, type: BOOLEAN, span }
    found.push({ kind: 'is', what: 'FALSE', negated: true, operand: near, type: BOOLEAN, span })
  }
  for (const [i, left] of parts.slice(0, leftParts).entries()) {
    for (const [j, right] of parts.slice(leftParts).entries()) {
      const own = frames[i] ?? CURRENT_ROW
      const other = frames[leftParts + j] ?? CURRENT_ROW
      if (own.kind === 'rows' || other.kind === 'rows') continue
      within(right, left, Math.max(own.precedingMs, other.followingMs))
      within(left, right, Math.max(other.precedingMs, own.followingMs))
    }
  }
  return found
}

/** The column of the time of a part's row; null for tables, which have none. */
function timeOf(part: Relation, span: TextSpan): Expression | null {
  const index = part.system instanceof Map ? part.system.get('ROWTIME') : undefined
  return typeof index === 'number' ? { kind: 'column', index, type: TIMESTAMP, span } : null
}

/**
 * The rows of one side with the system columns that the select names: they belong to the row of the side, and the joined
 * row has others.
 */
export function withSystemColumns(relation: Relation, mentioned: ReadonlySet<string>, span: TextSpan): Relation {
  const parts = partsOf(relation)
  const wanted = [...mentioned].filter(name => {
    return parts.some(({ system = 'row', metadata }) => system === 'row' && (name === 'ROWTIME' || metadata))
  })
  if (wanted.length === 0) return relation
  const { columns } = relation.node.schema
  const label = parts.find(({ system = 'row' }) => system === 'row')?.name ?? 'row'
  const added = wanted.flatMap(name => {
    const type = systemType(name)
    return type === null ? [] : [{ name, type }]
  })
  const items = [
    ...columns.map(({ name, type }, index): { name: string; expression: Expression } => {
      return { name, expression: { kind: 'column', index, type, span } }
    }),
    ...added.map(({ name, type }): { name: string; expression: Expression } => {
      const expression: Expression =
        name === 'ROWTIME'
          ? { kind: 'rowtime', type, span }
          : { kind: 'metadata', name: name as Extract<Expression, { kind: 'metadata' }>['name'], type, span }
      return { name: `${label}.${name}`, expression }
    }),
  ]
  const extra = added.map(
    ({ name, type }): Column => ({ name: `${label}.${name}`, type, nullable: name !== 'ROWTIME' }),
  )
  const node: PlanNode = {
    kind: 'project',
    input: relation.node,
    items,
    rowtime: null,
    schema: { columns: [...columns, ...extra] },
  }
  const system = new Map(added.map(({ name }, index) => [name, columns.length + index]))
  const placed = parts.map(part => ((part.system ?? 'row') === 'row' ? { ...part, system } : part))
  const monotonic = [
    ...relation.monotonic,
    ...added.map(({ name }) =>
      name === 'ROWTIME'
        ? ({ direction: 'ascending', end: { kind: 'instant' }, rowtime: true } as const)
        : NOT_MONOTONIC,
    ),
  ]
  const [single] = placed
  if (relation.parts === undefined && single !== undefined) return { ...single, node, monotonic }
  return { ...relation, node, monotonic, parts: placed }
}

function joinedRelation(
  node: PlanNode,
  parts: readonly Relation[],
  merged: readonly MergedColumn[],
  monotonic: Relation['monotonic'],
): Relation {
  return {
    name: null,
    streamName: null,
    node,
    columns: parts.flatMap(part => part.columns),
    monotonic,
    metadata: false,
    parts,
    merged,
  }
}

/** ON, USING or NATURAL as one condition over the joined row. `kept` is the side whose merged columns are never NULL for want of a partner. */
function conditionOf(
  left: Joined,
  right: Joined,
  parts: readonly Relation[],
  request: JoinRequest,
  kept: 'left' | 'right' | 'both',
): { readonly condition: Expression | null; readonly merged: readonly MergedColumn[] } {
  const offset = widthOf(left.relation)
  const earlier = [
    ...(left.relation.merged ?? []),
    ...(right.relation.merged ?? []).map(({ name, expression }) => ({ name, expression: moved(expression, offset) })),
  ]
  const { on, using, natural, span } = request
  if (on !== null) {
    const scope = new Scope(joinedRelation(left.relation.node, parts, earlier, []), request.around)
    return { condition: bindCondition(request.binder(scope), on, 'ON'), merged: earlier }
  }
  const names = using ?? (natural ? commonNames(left.relation, right.relation, span) : [])
  const merged: MergedColumn[] = []
  const equalities = names.map(name => {
    const a = columnOf(left.relation, name, 0)
    const b = columnOf(right.relation, name, offset)
    merged.push({ name: name.text, expression: mergedColumn(a, b, kept, name) })
    return comparison('=', a, b, name.span)
  })
  const rest = earlier.filter(({ name }) => !merged.some(column => column.name === name))
  const [only] = equalities
  if (only === undefined) return { condition: null, merged: rest }
  const condition: Expression =
    equalities.length === 1 ? only : { kind: 'and', operands: equalities, type: BOOLEAN, span }
  return { condition, merged: [...merged, ...rest] }
}

function mergedColumn(a: Expression, b: Expression, kept: 'left' | 'right' | 'both', name: Name): Expression {
  const type = commonType(a.type, b.type)
  if (type === null) return fail(`column ${shown(name)} has two types that do not compare`, name.span)
  if (kept !== 'both') return coerce(kept === 'left' ? a : b, type)
  return { kind: 'call', name: 'COALESCE', args: [coerce(a, type), coerce(b, type)], type, span: name.span }
}

function commonNames(left: Relation, right: Relation, span: TextSpan): readonly Name[] {
  const names = (relation: Relation): readonly string[] => {
    const merged = relation.merged ?? []
    const own = relation.columns.filter(column => !column.hidden).map(({ name }) => name)
    return [...new Set([...merged.map(({ name }) => name), ...own])]
  }
  const others = new Set(names(right))
  const common = names(left).filter(name => others.has(name))
  if (common.length === 0) fail('NATURAL JOIN finds no column that both sides have', span, 'write ON')
  return common.map(text => ({ text, quoted: true, span }))
}

function columnOf(relation: Relation, name: Name, offset: number): Expression {
  const found = new Scope(relation).resolve([name], name.span)
  if (found === null || found.kind === 'rowtime' || found.kind === 'metadata') {
    const known = relation.columns.filter(column => !column.hidden).map(column => column.name)
    const where = relation.name === null ? 'one side of the join' : nameText(relation.name)
    return fail(`column ${shown(name)} of USING not found in ${where}`, name.span, nameHint(name, known))
  }
  return moved(found, offset)
}

function moved(expression: Expression, offset: number): Expression {
  if (expression.kind === 'column') return { ...expression, index: expression.index + offset }
  if (expression.kind === 'call') return { ...expression, args: expression.args.map(arg => moved(arg, offset)) }
  return expression.kind === 'cast' ? { ...expression, operand: moved(expression.operand, offset) } : expression
}

function partsOf(relation: Relation): readonly Relation[] {
  return relation.parts ?? [relation]
}

/** The relations of the right side with their places in the joined row. */
function shifted(relation: Relation, offset: number): readonly Relation[] {
  return partsOf(relation).map(part => ({
    ...part,
    columns: part.columns.map(column => ({
      ...column,
      index: column.index + offset,
    })),
    ...(part.system instanceof Map
      ? { system: new Map([...part.system].map(([name, index]): [string, number] => [name, index + offset])) }
      : {}),
  }))
}

function widthOf(relation: Relation): number {
  return relation.node.schema.columns.length
}

function columnsOf(relation: Relation, nullExtended: boolean): readonly Column[] {
  const { columns } = relation.node.schema
  return nullExtended ? columns.map(column => ({ ...column, nullable: true })) : columns
}
