/**
 * A question about results that exist, as text for the engine that answers it. That engine runs JavaScript that stands in a
 * query and opens files that FROM names, so nothing that a user wrote reaches it: our parser reads the question, only the
 * nodes below are known here, tables and columns get names of ours, and every literal becomes a parameter.
 *
 * Conditions are written without NOT above them, and each comparison asks for its operands first, so that what SQL calls
 * unknown counts as not true, whatever the engine makes of NULL.
 */

import { parseDate, parseTimestamp } from '../../core/codecs/datetime-text.ts'
import { SqlError, type TextSpan } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import type { Schema } from '../../core/schema.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import type { ExpressionNode, Name, QueryNode, SelectNode, TableNode } from '../sql/ast.ts'
import { parseProgram } from '../sql/parse.ts'

/** Rows that an answer holds at most; a smaller LIMIT makes it smaller. */
export const ANSWER_ROWS_MAX = 1_000

export interface QuestionTable {
  readonly name: string
  /** ROWTIME comes before its columns */
  readonly schema: Schema
}

export interface QuestionColumn {
  readonly name: string
  /** how its values are shown: as they are, or as instants of epoch milliseconds */
  readonly kind: 'value' | 'time'
}

export interface EmittedQuestion {
  /** for the engine: `t0`, `c0` and `r0` are tables, columns and results */
  readonly text: string
  readonly parameters: readonly (string | number | boolean)[]
  /** stored names of the tables: t0, t1 ... */
  readonly tables: readonly string[]
  readonly columns: readonly QuestionColumn[]
  readonly limit: number
}

interface Source {
  readonly alias: string
  /** index among the tables */
  readonly table: number
  readonly reference: string
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[]
}

type Typed = { readonly text: string; readonly type: 'number' | 'text' | 'time' | 'boolean' | 'null' }

const UNIT_MS: Readonly<Record<string, number>> = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 }
const ALIAS_ROWTIME = 'ROWTIME'

/** @throws SqlError with the position of whatever a question may not hold */
export function emitQuestion(text: string, tables: readonly QuestionTable[]): EmittedQuestion {
  const { statements } = parseProgram(text)
  const [statement, second] = statements
  const start = { start: 0, end: text.length, line: 1, column: 1 }
  if (statement === undefined) throw new SqlError('sql_syntax', 'a question is one SELECT', start)
  if (second !== undefined) refuse('one SELECT is asked at a time', second.span)
  if (statement.kind !== 'query') refuse('questions read: they are one SELECT', statement.span)
  return new Emitter(tables).question(statement.query)
}

function refuse(what: string, span: TextSpan, hint?: string): never {
  throw new SqlError('sql_bind', what, span, hint)
}

class Emitter {
  readonly #known: readonly QuestionTable[]
  readonly #tables: string[] = []
  readonly #sources: Source[] = []
  readonly #parameters: (string | number | boolean)[] = []

  constructor(known: readonly QuestionTable[]) {
    this.#known = known
  }

  question(query: QueryNode): EmittedQuestion {
    const ordered = query.kind === 'ordered' ? query : null
    const select = ordered?.query ?? query
    if (select.kind !== 'select')
      refuse('a question is one SELECT, without UNION, EXCEPT, INTERSECT or VALUES', select.span)
    if (ordered?.within !== null && ordered?.within !== undefined)
      refuse('ORDER BY of a question has no WITHIN', ordered.span)
    const { stagger, windows, from } = select
    if (stagger !== null) refuse('a question has no windows: its rows are all there', stagger.span)
    const [window] = windows
    if (window !== undefined) refuse('a question has no WINDOW', window.spec.span)
    const [table, other] = from
    if (table === undefined) refuse('a question has FROM', select.span)
    if (other !== undefined) refuse('tables are joined with JOIN ... ON', other.span)
    // In the order of the text: that of the parameters.
    const source = this.#names(table)
    const items = this.#items(select)
    const keys = (ordered?.keys ?? []).map(key => ({ ...key, place: this.#itemOf(key.expression, items) }))
    const hidden = keys.flatMap(key => (key.place === null ? [key] : []))
    if (select.distinct && hidden[0] !== undefined)
      refuse('with DISTINCT, ORDER BY names a column of the select list', hidden[0].span)
    const written = items.map(({ expression }) => this.#value(expression))
    const sorted = keys.map(key => {
      if (key.place !== null) return `r${key.place}`
      written.push(this.#value(key.expression))
      return `r${written.length - 1}`
    })
    const list = written.map(({ text }, index) => `${text} AS r${index}`).join(', ')
    const joins = this.#from(source)
    const where = select.where === null ? '' : ` WHERE ${this.#condition(select.where, false)}`
    const group = select.groupBy.map(key => this.#group(key))
    if (select.having !== null && group.length === 0) refuse('HAVING goes with GROUP BY', select.having.span)
    const having = select.having === null ? '' : ` HAVING ${this.#condition(select.having, false)}`
    const order = keys.map((key, index) => `${sorted[index] ?? ''}${key.descending ? ' DESC' : ''}`).join(', ')
    const limit = Math.min(ANSWER_ROWS_MAX, ordered?.limit?.count ?? ANSWER_ROWS_MAX)
    return {
      // One more than is shown tells that there are more.
      text: `SELECT ${select.distinct ? 'DISTINCT ' : ''}${list} FROM ${joins}${where}${group.length === 0 ? '' : ` GROUP BY ${group.join(', ')}`}${having}${order === '' ? '' : ` ORDER BY ${order}`} LIMIT ${limit + 1}`,
      parameters: this.#parameters,
      tables: this.#tables,
      columns: items.map(({ name }, index) => ({ name, kind: written[index]?.type === 'time' ? 'time' : 'value' })),
      limit,
    }
  }

  /** Makes every table of FROM known before the select list is read. */
  #names(node: TableNode): TableNode {
    if (node.kind === 'join') {
      if (node.type !== 'INNER' && node.type !== 'LEFT') refuse(`${node.type} JOIN is for standing queries`, node.span)
      if (node.natural || node.using !== null || node.on === null)
        refuse('tables are joined with JOIN ... ON', node.span)
      this.#names(node.left)
      if (node.right.kind === 'join') refuse('joins stand in a row', node.right.span)
      this.#names(node.right)
      return node
    }
    if (node.kind !== 'stream') refuse('FROM of a question names the results of a stream', node.span)
    if (node.over !== null) refuse('a question has no OVER', node.span)
    const name = node.path.parts.at(-1)
    if (name === undefined || node.path.parts.length > 1)
      refuse('FROM of a question names the results of a stream', node.span)
    const known =
      this.#known.find(table => table.name === name.text) ??
      this.#known.find(table => !name.quoted && table.name.toUpperCase() === name.text)
    if (known === undefined) {
      const names = this.#known.map(table => table.name)
      const near = nearestName(name.text, names)
      refuse(
        `there are no results of "${name.text}"`,
        name.span,
        near === null ? `there are those of ${names.join(', ')}` : `did you mean "${near}"?`,
      )
    }
    if (node.alias?.columns !== null && node.alias !== null) refuse('columns keep their names', node.alias.span)
    const alias = node.alias?.name.text ?? known.name
    if (this.#sources.some(source => source.alias === alias))
      refuse(`"${alias}" stands twice in FROM`, node.span, 'give it an alias')
    const columns = [{ name: ALIAS_ROWTIME, type: { kind: 'TIMESTAMP' } as SqlType }, ...known.schema.columns]
    if (!this.#tables.includes(known.name)) this.#tables.push(known.name)
    const table = this.#tables.indexOf(known.name)
    this.#sources.push({ alias, table, reference: `a${this.#sources.length}`, columns })
    return node
  }

  #from(node: TableNode, next = { source: 0 }): string {
    if (node.kind === 'join') {
      const left = this.#from(node.left, next)
      const right = this.#from(node.right, next)
      return `${left} ${node.type === 'LEFT' ? 'LEFT JOIN' : 'JOIN'} ${right} ON ${node.on === null ? '1 = 1' : this.#condition(node.on, false)}`
    }
    const source = this.#sources[next.source++]
    return `t${source?.table ?? 0} AS ${source?.reference ?? ''}`
  }

  #items({ items }: SelectNode): { readonly name: string; readonly expression: ExpressionNode }[] {
    return items.flatMap(item => {
      if (item.kind === 'item') {
        const { expression, alias } = item
        const last = expression.kind === 'path' ? expression.parts.at(-1)?.text : undefined
        return [
          { name: alias?.text ?? last ?? (expression.kind === 'call' ? expression.name.text : 'EXPR'), expression },
        ]
      }
      const of = item.of
      const sources = of === null ? this.#sources : this.#sources.filter(({ alias }) => alias === of.text)
      if (of !== null && sources.length === 0) refuse(`"${of.text}" is no table of FROM`, of.span)
      return sources.flatMap(({ alias, columns }) =>
        columns.map(({ name }) => ({
          name,
          expression: {
            kind: 'path' as const,
            span: item.span,
            parts: [alias, name].map((text): Name => ({ text, quoted: true, span: item.span })),
          },
        })),
      )
    })
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

  #group(node: ExpressionNode): string {
    if (node.kind !== 'path' && node.kind !== 'round-to')
      refuse('GROUP BY of a question holds columns, and times as FLOOR(ROWTIME TO MINUTE)', node.span)
    return this.#value(node).text
  }

  #parameter(value: string | number | boolean): string {
    this.#parameters.push(value)
    return '?'
  }

  #column(node: Extract<ExpressionNode, { kind: 'path' }>): Typed {
    const names = node.parts.map(({ text }) => text)
    const column = names.at(-1) ?? ''
    const of = names.length === 2 ? names[0] : undefined
    if (names.length > 2) refuse('a column is TABLE.COLUMN', node.span)
    const found = this.#sources.flatMap(source => {
      if (of !== undefined && source.alias !== of) return []
      const index = source.columns.findIndex(({ name }) => name === column)
      return index < 0 ? [] : [{ source, index }]
    })
    if (found.length > 1 && of === undefined)
      refuse(`column "${column}" is in more than one table`, node.span, 'put its table before it')
    const [hit] = found
    if (hit === undefined) {
      const near = nearestName(
        column,
        this.#sources.flatMap(({ columns }) => columns.map(({ name }) => name)),
      )
      refuse(`column "${column}" not found`, node.span, near === null ? undefined : `did you mean "${near}"?`)
    }
    const type = hit.source.columns[hit.index]?.type
    return { text: `${hit.source.reference}.c${hit.index}`, type: type === undefined ? 'text' : kindOf(type) }
  }

  #value(node: ExpressionNode): Typed {
    switch (node.kind) {
      case 'path':
        return this.#column(node)
      case 'number':
        return { text: this.#parameter(Number(node.text)), type: 'number' }
      case 'string':
        return { text: this.#parameter(node.value), type: 'text' }
      case 'null':
        return { text: 'NULL', type: 'null' }
      case 'boolean':
        return node.value === null
          ? { text: 'NULL', type: 'null' }
          : { text: this.#parameter(node.value), type: 'boolean' }
      case 'datetime': {
        if (node.type === 'TIME') refuse('questions compare times with TIMESTAMP and DATE', node.span)
        const at = node.type === 'DATE' ? parseDate(node.text) : parseTimestamp(node.text)
        if (!Number.isFinite(at)) refuse(`'${node.text}' is no ${node.type}`, node.span)
        return { text: this.#parameter(at), type: 'time' }
      }
      case 'sign':
        return { text: `(0 ${node.operator} ${this.#number(node.operand)})`, type: 'number' }
      case 'binary-operator': {
        if (node.operator === '||') refuse('questions know no ||', node.operatorSpan)
        return { text: `(${this.#number(node.left)} ${node.operator} ${this.#number(node.right)})`, type: 'number' }
      }
      case 'round-to': {
        const unit = UNIT_MS[node.unit]
        const operand = this.#value(node.operand)
        if (node.function !== 'FLOOR' || unit === undefined || operand.type !== 'time')
          refuse('questions round times with FLOOR to SECOND, MINUTE, HOUR or DAY', node.span)
        return { text: `(FLOOR(${operand.text} / ${unit}) * ${unit})`, type: 'time' }
      }
      case 'case': {
        if (node.operand !== null) refuse('CASE of a question is CASE WHEN condition THEN ...', node.span)
        let type: Typed['type'] = 'null'
        const branches = node.branches.map(({ when, result }) => {
          const condition = this.#condition(when, false)
          const value = this.#value(result)
          if (value.type !== 'null') type = value.type
          return `WHEN ${condition} THEN ${value.text}`
        })
        const otherwise = node.otherwise === null ? { text: 'NULL', type } : this.#value(node.otherwise)
        return {
          text: `CASE ${branches.join(' ')} ELSE ${otherwise.text} END`,
          type: type === 'null' ? otherwise.type : type,
        }
      }
      case 'call':
        return this.#call(node)
      default:
        return refuse(`questions about results know no such expression (${node.kind})`, node.span)
    }
  }

  #number(node: ExpressionNode): string {
    const { text, type } = this.#value(node)
    if (type !== 'number' && type !== 'time' && type !== 'null') refuse('this is no number', node.span)
    return text
  }

  #call(node: Extract<ExpressionNode, { kind: 'call' }>): Typed {
    const { name, args, star, distinct, filter, over, nulls, fromLast } = node
    if (filter !== null || over !== null || nulls !== null || fromLast)
      refuse('questions know no FILTER, OVER or NULLS', node.span)
    if (name.quoted) refuse('questions know no such function', name.span)
    const [first] = args
    const one = (): ExpressionNode =>
      first !== undefined && args.length === 1 ? first : refuse(`${name.text} takes one value`, node.span)
    switch (name.text) {
      case 'COUNT':
        if (star) return { text: 'COUNT(*)', type: 'number' }
        return { text: `COUNT(${distinct ? 'DISTINCT ' : ''}${this.#value(one()).text})`, type: 'number' }
      case 'SUM':
      case 'AVG':
      case 'MIN':
      case 'MAX': {
        if (distinct) refuse('DISTINCT goes with COUNT', node.span)
        const before = this.#parameters.length
        const value = this.#value(one())
        if (!['number', 'time'].includes(value.type))
          refuse(`${name.text} of a question takes numbers and times`, node.span)
        // The text stands twice, and so do its parameters.
        this.#parameters.push(...this.#parameters.slice(before))
        const text = `CASE WHEN COUNT(${value.text}) = 0 THEN NULL ELSE ${name.text}(${value.text}) END`
        return { text, type: name.text === 'SUM' ? 'number' : value.type }
      }
      case 'UPPER':
      case 'LOWER':
      case 'ABS':
      case 'CHAR_LENGTH': {
        if (distinct || star) refuse(`${name.text} takes one value`, node.span)
        const before = this.#parameters.length
        const value = this.#value(one())
        const isText = name.text !== 'ABS'
        if (value.type !== (isText ? 'text' : 'number'))
          refuse(`${name.text} takes a ${isText ? 'text' : 'number'}`, node.span)
        this.#parameters.push(...this.#parameters.slice(before))
        const engine = name.text === 'CHAR_LENGTH' ? 'LEN' : name.text
        const text = `CASE WHEN ${value.text} IS NULL THEN NULL ELSE ${engine}(${value.text}) END`
        return { text, type: name.text === 'UPPER' || name.text === 'LOWER' ? 'text' : 'number' }
      }
      default:
        return refuse(
          `questions know no function ${name.text}`,
          name.span,
          'they know COUNT, SUM, AVG, MIN, MAX, ABS, UPPER, LOWER and CHAR_LENGTH',
        )
    }
  }

  /** True for the rows that SQL would keep; `negated` pushes a NOT down to the comparisons. */
  #condition(node: ExpressionNode, negated: boolean): string {
    switch (node.kind) {
      case 'and':
      case 'or': {
        const word = (node.kind === 'and') === negated ? ' OR ' : ' AND '
        return `(${node.operands.map(operand => this.#condition(operand, negated)).join(word)})`
      }
      case 'not':
        return this.#condition(node.operand, !negated)
      case 'comparison':
        return this.#comparison(node.left, negated ? OPPOSITE[node.operator] : node.operator, node.right)
      case 'between': {
        if (node.symmetric) refuse('questions know no SYMMETRIC', node.span)
        const isOutside = node.negated !== negated
        const low = this.#comparison(node.operand, isOutside ? '<' : '>=', node.low)
        return `(${low} ${isOutside ? 'OR' : 'AND'} ${this.#comparison(node.operand, isOutside ? '>' : '<=', node.high)})`
      }
      case 'in-list': {
        const isNot = node.negated !== negated
        return `(${node.items.map(item => this.#comparison(node.operand, isNot ? '<>' : '=', item)).join(isNot ? ' AND ' : ' OR ')})`
      }
      case 'like': {
        if (node.escape !== null) refuse('LIKE of a question has no ESCAPE', node.escape.span)
        const before = this.#parameters.length
        const operand = this.#value(node.operand)
        this.#parameters.push(...this.#parameters.slice(before))
        if (node.pattern.kind !== 'string') refuse('the pattern of LIKE is a text', node.pattern.span)
        const isNot = node.negated !== negated
        return `(${operand.text} IS NOT NULL AND ${isNot ? 'NOT ' : ''}(${operand.text} LIKE ${this.#parameter(node.pattern.value)}))`
      }
      case 'is': {
        if (node.what !== 'NULL') refuse('questions know IS NULL and IS NOT NULL', node.span)
        return `(${this.#value(node.operand).text} IS ${node.negated === negated ? '' : 'NOT '}NULL)`
      }
      case 'path':
      case 'boolean': {
        const { text, type } = this.#value(node)
        if (type !== 'boolean') refuse('this is no condition', node.span)
        return `(${text} = ${negated ? 'FALSE' : 'TRUE'})`
      }
      default:
        return refuse(`questions about results know no such condition (${node.kind})`, node.span)
    }
  }

  #comparison(left: ExpressionNode, operator: string, right: ExpressionNode): string {
    // Operands stand twice; so do their parameters, in the order of the text.
    const from = this.#parameters.length
    const a = this.#value(left)
    const b = this.#value(right)
    this.#parameters.push(...this.#parameters.slice(from))
    const group = (type: Typed['type']): string => (type === 'time' ? 'number' : type)
    if (a.type !== 'null' && b.type !== 'null' && group(a.type) !== group(b.type))
      refuse(`a ${a.type} is not compared with a ${b.type}`, left.span)
    return `(${a.text} IS NOT NULL AND ${b.text} IS NOT NULL AND ${a.text} ${operator} ${b.text})`
  }
}

const OPPOSITE = { '=': '<>', '<>': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' } as const

function kindOf(type: SqlType): Typed['type'] {
  if (type.kind === 'TIMESTAMP' || type.kind === 'DATE') return 'time'
  if (type.kind === 'BOOLEAN') return 'boolean'
  return storageOf(type) === 'text' || storageOf(type) === 'binary' ? 'text' : 'number'
}
