/**
 * ROW_NUMBER, RANK and DENSE_RANK with OVER: rows of a window numbered in an order of their own, as Flink writes a top n. The
 * rows are held until their window is complete, so one of the terms of PARTITION BY must say when that is.
 */
import type { ExpressionNode, SelectNode, WindowReference } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { isFinite, type PlanNode, type RankFunction, type SortKey, type WindowEnd } from '../plan-node.ts'
import { BIGINT, expressionKey } from './build.ts'
import { settled } from './calls.ts'
import type { BindContext } from './context.ts'
import { fail } from './errors.ts'
import { type Monotonicity, monotonicityOf, NOT_MONOTONIC } from './monotonicity.ts'
import { isNullable } from './nullable.ts'
import type { NamedWindows } from './windows.ts'

type CallNode = Extract<ExpressionNode, { kind: 'call' }>

const NAMES: ReadonlySet<string> = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK'])

function isRank(node: Partial<ExpressionNode>): node is CallNode {
  return node.kind === 'call' && node.over !== null && node.name !== undefined && NAMES.has(node.name.text)
}

/** True where the select list numbers rows. */
export function numbersRows(select: SelectNode): boolean {
  const pending: unknown[] = [select.items]
  for (let at = 0; at < pending.length; at++) {
    const value = pending[at]
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) continue
    const node = value as Partial<ExpressionNode>
    if (node.kind === 'subquery' || node.kind === 'exists') continue
    if (isRank(node)) return true
    for (const child of Object.values(value)) pending.push(child)
  }
  return false
}

/** The numbers of one select, all over one window, and the node that computes them. */
export class Ranking {
  readonly #context: BindContext
  readonly #names: NamedWindows
  readonly #input: PlanNode
  readonly #monotonic: readonly Monotonicity[]
  #plan: Omit<Extract<PlanNode, { kind: 'rank' }>, 'functions' | 'schema'> | null = null
  #key = ''
  readonly #functions: RankFunction[] = []

  /** @param context binds the terms of windows, over the rows of `input` */
  constructor(context: BindContext, names: NamedWindows, input: PlanNode, monotonic: readonly Monotonicity[]) {
    this.#context = context
    this.#names = names
    this.#input = input
    this.#monotonic = monotonic
  }

  /** A call with OVER as a column of the node; refuses what is no rank. */
  bind(node: CallNode): Expression {
    const { name, over, span } = node
    if (!isRank(node) || over === null)
      return fail(`${name.text} OVER cannot stand beside a rank`, span, 'number the rows in a query around this one')
    if (node.args.length > 0 || node.star) fail(`${name.text} takes no argument`, span)
    if (node.filter !== null || node.distinct || node.nulls !== null) fail(`${name.text} takes nothing but OVER`, span)
    const input = this.#window(over)
    const known = this.#functions.indexOf(name.text as RankFunction)
    const index = known >= 0 ? known : this.#functions.push(name.text as RankFunction) - 1
    return { kind: 'column', index: input.schema.columns.length + index, type: BIGINT, span }
  }

  get node(): PlanNode {
    const plan = this.#plan
    if (plan === null) return this.#input
    const numbers = this.#functions.map(name => ({ name, type: BIGINT, nullable: false }))
    const schema = { columns: [...plan.input.schema.columns, ...numbers] }
    return { ...plan, functions: this.#functions, schema }
  }

  /** Of the columns of the node: rows of one window leave at one time. */
  get monotonic(): readonly Monotonicity[] {
    const plan = this.#plan
    return this.node.schema.columns.map((_, index) => {
      const of = this.#monotonic[index] ?? NOT_MONOTONIC
      if (plan === null || of.direction !== 'ascending' || !plan.partition.includes(index)) return NOT_MONOTONIC
      return { ...of, end: { kind: 'moment' }, rowtime: false }
    })
  }

  /** The sorted rows of the window, which is the same for every rank. */
  #window(over: WindowReference): PlanNode {
    const window = this.#names.resolve(over)
    const { span } = window
    if (window.frame !== null) fail('the window of a rank has no frame', window.frame.start.span, 'leave it out')
    const bind = (node: ExpressionNode): Expression => settled(this.#context.bind(node))
    const partition = window.partitionBy.map(bind)
    const order = window.orderBy.map(({ expression, ...rest }) => ({ ...rest, expression: bind(expression) }))
    if (order.length === 0) fail('a rank needs ORDER BY', span, 'write OVER (PARTITION BY ... ORDER BY x DESC)')
    const orders = order.map(({ descending, expression, nulls }) => [expressionKey(expression), descending, nulls])
    const key = JSON.stringify([partition.map(expressionKey), orders])
    if (this.#plan !== null) {
      if (key === this.#key) return this.#plan.input
      return fail('ranks of one select have one window', span, 'number by another one in a query around this one')
    }
    this.#key = key
    const found = partition.map(term => monotonicityOf(term, this.#monotonic))
    const ends = found.map(({ direction, end }) => (direction === 'ascending' ? end : null))
    const known = ends.findIndex(end => end !== null && end.kind !== 'change')
    const at = known >= 0 ? known : ends.findIndex(end => end !== null)
    const end: WindowEnd | null = ends[at] ?? null
    const finite = isFinite(this.#input)
    if (end === null && !finite)
      fail(
        'a rank over a stream needs a window in its PARTITION BY, or it would never be known',
        span,
        'write PARTITION BY WINDOW_START, WINDOW_END of a window function, or STEP(s.ROWTIME BY ...)',
      )
    const terms = [...partition.slice(at, at + 1), ...partition.filter((_, index) => index !== at)]
    const rows = new Columns(this.#input)
    const columns = (finite && at < 0 ? partition : terms).map(term => rows.of(term))
    const keys = order.map(({ descending, expression, nulls }): SortKey => {
      return { column: rows.of(expression), descending, nullsFirst: nulls === null ? descending : nulls === 'FIRST' }
    })
    const input = rows.node
    const parted = columns.map((column): SortKey => ({ column, descending: false, nullsFirst: false }))
    const { schema } = input
    const sorted: PlanNode = { kind: 'sort', input, keys: [...parted, ...keys], end, limit: null, span, schema }
    // Where nothing but the window parts the rows, the first n of the window are the first n.
    const whole = finite ? partition.length === 0 : ends.every(each => each !== null)
    this.#plan = { kind: 'rank', input: sorted, partition: columns, order: keys, limit: null, whole }
    return sorted
  }
}

/** Rows with terms that are no columns of theirs computed beside them. */
class Columns {
  readonly #input: PlanNode
  readonly #added: Expression[] = []

  constructor(input: PlanNode) {
    this.#input = input
  }

  of(term: Expression): number {
    if (term.kind === 'column') return term.index
    const known = this.#added.findIndex(each => expressionKey(each) === expressionKey(term))
    return this.#input.schema.columns.length + (known >= 0 ? known : this.#added.push(term) - 1)
  }

  get node(): PlanNode {
    if (this.#added.length === 0) return this.#input
    const { columns } = this.#input.schema
    const added = this.#added.map((expression, index) => ({ name: `TERM_${index + 1}`, expression }))
    const items = columns.map(({ name, type }, index) => {
      return { name, expression: { kind: 'column' as const, index, type, span: this.#added[0]!.span } }
    })
    const schema = {
      columns: [
        ...columns,
        ...added.map(({ name, expression }) => ({
          name,
          type: expression.type,
          nullable: isNullable(expression, this.#input.schema),
        })),
      ],
    }
    return { kind: 'project', input: this.#input, items: [...items, ...added], rowtime: null, schema }
  }
}
