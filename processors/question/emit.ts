/**
 * A question about results that exist, as text for the engine that answers it. That engine runs JavaScript that stands in a
 * query and opens files that FROM names, so nothing that a user wrote reaches it: our parser reads the question, only the
 * nodes below are known here, tables and columns get names of ours, and every literal becomes a parameter.
 */

import { SqlError } from '../../core/errors.ts'
import type { ExpressionNode, OrderKey, QueryNode, SelectNode, TableNode } from '../sql/ast.ts'
import { parseProgram } from '../sql/parse.ts'
import { aggregateIn } from './aggregates.ts'
import { Expressions, QUESTION_NODES_MAX, tooLong } from './expressions.ts'
import { type QuestionTable, QuestionTables, refuse } from './question-tables.ts'

/** Rows that an answer holds at most; a smaller LIMIT makes it smaller. */
export const ANSWER_ROWS_MAX = 1_000

export interface QuestionColumn {
  readonly name: string
  /** how its values are shown: as they are, or as instants of epoch milliseconds */
  readonly kind: 'value' | 'time'
}

export interface EmittedQuestion {
  /** for the engine: `t0`, `c0` and `r0` are tables, columns and results */
  readonly text: string
  readonly parameters: readonly (string | number | boolean)[]
  /** t0, t1 ...: stored names, and which columns the question reads; 0 is ROWTIME */
  readonly tables: readonly { readonly name: string; readonly columns: readonly number[] }[]
  /** r0, r1 ...; results behind them are only sorted by */
  readonly columns: readonly QuestionColumn[]
  /** how the answer is sorted, the first key first, by the numbers of results */
  readonly order: readonly ResultOrder[]
  readonly limit: number
}

export interface ResultOrder {
  readonly result: number
  readonly isDescending: boolean
  readonly isNullFirst: boolean
}

/** @throws SqlError with the position of whatever a question may not hold */
export function emitQuestion(text: string, tables: readonly QuestionTable[]): EmittedQuestion {
  const { statements } = parseProgram(text, { limitsAlone: true })
  const [statement, second] = statements
  const start = { start: 0, end: text.length, line: 1, column: 1 }
  if (statement === undefined) throw new SqlError('sql_syntax', 'a question is one SELECT', start)
  if (second !== undefined) refuse('one SELECT is asked at a time', second.span)
  if (statement.kind !== 'query') refuse('questions read: they are one SELECT', statement.span)
  return new Emitter(tables).question(statement.query)
}

class Emitter {
  readonly #tables: QuestionTables
  readonly #expressions: Expressions

  constructor(known: readonly QuestionTable[]) {
    this.#tables = new QuestionTables(known)
    this.#expressions = new Expressions(this.#tables)
  }

  question(query: QueryNode): EmittedQuestion {
    const ordered = query.kind === 'ordered' ? query : null
    const select = ordered?.query ?? query
    if (select.kind !== 'select')
      refuse('a question is one SELECT, without UNION, EXCEPT, INTERSECT or VALUES', select.span)
    if (ordered?.within !== null && ordered?.within !== undefined)
      refuse('ORDER BY of a question has no WITHIN', ordered.span)
    const { stagger, windows } = select
    if (stagger !== null) refuse('a question has no windows: its rows are all there', stagger.span)
    const [window] = windows
    if (window !== undefined) refuse('a question has no WINDOW', window.spec.span)
    const [table, other] = select.from
    if (table === undefined) refuse('a question has FROM', select.span)
    if (other !== undefined) refuse('tables are joined with JOIN ... ON', other.span)
    this.#tables.add(table)
    const items = this.#items(select)
    const keys = (ordered?.keys ?? []).map(key => ({ ...key, place: this.#itemOf(key.expression, items) }))
    const hidden = keys.flatMap(key => (key.place === null ? [key] : []))
    if (select.distinct && hidden[0] !== undefined)
      refuse('with DISTINCT, ORDER BY names a column of the select list', hidden[0].span)
    if (select.having !== null && select.groupBy.length === 0) refuse('HAVING goes with GROUP BY', select.having.span)
    // Keys have no parameters; everything behind them is in the order of the text, which is that of the parameters.
    for (const key of select.groupBy) this.#expressions.group(key)
    const { groups } = this.#expressions
    const isGrouped =
      groups.length > 0 || [...items, ...hidden].some(({ expression }) => aggregateIn(expression) !== null)
    this.#expressions.enter(isGrouped ? 'group' : 'row')
    const written = [...items, ...hidden].map(({ expression }) => this.#expressions.value(expression))
    const list = written.map(({ text }, index) => `${text} AS r${index}`).join(', ')
    this.#expressions.enter('row')
    const { text: from, checks } = this.#from(table)
    const conditions = [...checks, ...(select.where === null ? [] : [select.where])]
    const where = conditions.map(condition => this.#expressions.condition(condition, false)).join(' AND ')
    this.#expressions.enter('group')
    const having = select.having === null ? '' : ` HAVING ${this.#expressions.condition(select.having, false)}`
    const group = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`
    const limit = Math.min(ANSWER_ROWS_MAX, ordered?.limit?.count ?? ANSWER_ROWS_MAX)
    const order = orderOf(keys, items.length)
    // One more than is shown tells that there are more. What is sorted is cut behind that: the engine sorts NULL as 0.
    const cut = order.length === 0 ? ` LIMIT ${limit + 1}` : ''
    const text = `SELECT ${select.distinct ? 'DISTINCT ' : ''}${list} FROM ${from}${where === '' ? '' : ` WHERE ${where}`}${group}${having}${cut}`
    this.#expressions.bounded(text, select)
    return {
      text,
      parameters: this.#expressions.parameters,
      tables: this.#tables.read,
      columns: items.map(({ name }, index) => ({ name, kind: written[index]?.type === 'time' ? 'time' : 'value' })),
      order,
      limit,
    }
  }

  /**
   * Tables as they are joined. The engine looks rows up only where ON is one bare equality of columns; then what ON says is
   * checked behind it, where rows without a value fall out.
   */
  #from(table: TableNode): { readonly text: string; readonly checks: readonly ExpressionNode[] } {
    const checks: ExpressionNode[] = []
    let next = 0
    const write = (node: TableNode): string => {
      if (node.kind !== 'join') return this.#tables.text(next++)
      const left = write(node.left)
      const joined = next
      const right = write(node.right)
      const { on } = node
      if (on === null) return refuse('tables are joined with JOIN ... ON', node.span)
      const equality = node.type === 'INNER' ? this.#equalityOf(on, joined) : null
      if (equality !== null) checks.push(on)
      return `${left} ${node.type === 'LEFT' ? 'LEFT JOIN' : 'JOIN'} ${right} ON ${equality ?? this.#expressions.condition(on, false)}`
    }
    return { text: write(table), checks }
  }

  /** `a1.c2 = a0.c2` where ON demands it of the joined table and one before; null where it does not. */
  #equalityOf(on: ExpressionNode, joined: number): string | null {
    for (const node of on.kind === 'and' ? on.operands : [on]) {
      if (node.kind !== 'comparison' || node.operator !== '=') continue
      const { left, right } = node
      if (left.kind !== 'path' || right.kind !== 'path') continue
      const [a, b] = [this.#tables.column(left), this.#tables.column(right)]
      if ((a.source === joined && b.source < joined) || (b.source === joined && a.source < joined))
        return `${a.text} = ${b.text}`
    }
    return null
  }

  #items({ items }: SelectNode): { readonly name: string; readonly expression: ExpressionNode }[] {
    const found: { readonly name: string; readonly expression: ExpressionNode }[] = []
    for (const item of items) {
      if (item.kind === 'item') {
        const { expression, alias } = item
        const last = expression.kind === 'path' ? expression.parts.at(-1)?.text : undefined
        const name = alias?.text ?? last ?? (expression.kind === 'call' ? expression.name.text : 'EXPR')
        found.push({ name, expression })
      } else found.push(...this.#tables.all(item.of, item.span))
      if (found.length > QUESTION_NODES_MAX) tooLong(item.span)
    }
    return found
  }

  /** The item that a key of ORDER BY means: by its alias, its number, or the same column. */
  #itemOf(
    key: ExpressionNode,
    items: readonly { readonly name: string; readonly expression: ExpressionNode }[],
  ): number | null {
    if (key.kind === 'number') {
      const number = Number(key.text)
      if (!Number.isInteger(number) || number < 1 || number > items.length)
        refuse('ORDER BY names no column of this number', key.span)
      return number - 1
    }
    if (key.kind !== 'path' || key.parts.length !== 1) return null
    const index = items.findIndex(({ name }) => name === key.parts[0]?.text)
    return index < 0 ? null : index
  }
}

/** @param hidden number of the first result that is not shown: keys that the select list does not hold, in their order */
function orderOf(keys: readonly (OrderKey & { readonly place: number | null })[], hidden: number): ResultOrder[] {
  let next = hidden
  return keys.map(({ place, descending, nulls }) => ({
    result: place ?? next++,
    isDescending: descending,
    // NULL is the greatest value.
    isNullFirst: nulls === null ? descending : nulls === 'FIRST',
  }))
}
