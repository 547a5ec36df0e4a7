/** The tables of a question's FROM: their names and columns as the engine has them, and which columns are read. */
import { SqlError, type TextSpan } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import type { Schema } from '../../core/schema.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import type { ExpressionNode, Name, TableNode } from '../sql/ast.ts'

/** Tables that one question joins. */
export const QUESTION_TABLES_MAX = 8

export interface QuestionTable {
  readonly name: string
  /** ROWTIME comes before its columns */
  readonly schema: Schema
}

/** Text for the engine, and what it stands for. */
export type Typed = { readonly text: string; readonly type: 'number' | 'text' | 'time' | 'boolean' | 'null' }

interface Source {
  readonly alias: string
  /** index among the tables */
  readonly table: number
  readonly reference: string
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[]
}

const ALIAS_ROWTIME = 'ROWTIME'

export function refuse(what: string, span: TextSpan, hint?: string): never {
  throw new SqlError('sql_bind', what, span, hint)
}

export class QuestionTables {
  readonly #known: readonly QuestionTable[]
  readonly #tables: { readonly name: string; readonly read: Set<number> }[] = []
  readonly #sources: Source[] = []

  constructor(known: readonly QuestionTable[]) {
    this.#known = known
  }

  /** Tables in the order of FROM, each once, with the columns that were asked for so far. */
  get read(): readonly { readonly name: string; readonly columns: readonly number[] }[] {
    return this.#tables.map(({ name, read }) => ({ name, columns: [...read].sort((a, b) => a - b) }))
  }

  /** Makes every table of FROM known before the select list is read. */
  add(node: TableNode): void {
    if (node.kind === 'join') {
      if (node.type !== 'INNER' && node.type !== 'LEFT') refuse(`${node.type} JOIN is for standing queries`, node.span)
      if (node.natural || node.using !== null || node.on === null)
        refuse('tables are joined with JOIN ... ON', node.span)
      this.add(node.left)
      if (node.right.kind === 'join') refuse('joins stand in a row', node.right.span)
      this.add(node.right)
      return
    }
    if (node.kind !== 'stream') refuse('FROM of a question names the results of a stream', node.span)
    if (node.over !== null) refuse('a question has no OVER', node.span)
    const name = node.path.parts.at(-1)
    if (name === undefined || node.path.parts.length > 1)
      refuse('FROM of a question names the results of a stream', node.span)
    const known = this.#named(name)
    if (node.alias?.columns !== null && node.alias !== null) refuse('columns keep their names', node.alias.span)
    const alias = node.alias?.name.text ?? known.name
    if (this.#sources.some(source => source.alias === alias))
      refuse(`"${alias}" stands twice in FROM`, node.span, 'give it an alias')
    if (this.#sources.length >= QUESTION_TABLES_MAX)
      throw new SqlError('sql_limit', `a question joins at most ${QUESTION_TABLES_MAX} tables`, node.span)
    const columns = [{ name: ALIAS_ROWTIME, type: { kind: 'TIMESTAMP' } as SqlType }, ...known.schema.columns]
    let table = this.#tables.findIndex(each => each.name === known.name)
    if (table < 0) table = this.#tables.push({ name: known.name, read: new Set() }) - 1
    this.#sources.push({ alias, table, reference: `a${this.#sources.length}`, columns })
  }

  #named(name: Name): QuestionTable {
    const known =
      this.#known.find(table => table.name === name.text) ??
      this.#known.find(table => !name.quoted && table.name.toUpperCase() === name.text)
    if (known !== undefined) return known
    const names = this.#known.map(table => table.name)
    const near = nearestName(name.text, names)
    return refuse(
      `there are no results of "${name.text}"`,
      name.span,
      near === null ? `there are those of ${names.join(', ')}` : `did you mean "${near}"?`,
    )
  }

  /** `t0 AS a0` for a table by its place in FROM, from 0. */
  text(source: number): string {
    const { table, reference } = this.#sources[source] ?? {}
    return `t${table ?? 0} AS ${reference ?? ''}`
  }

  /** `*` or `OF.*`, column by column. */
  all(of: Name | null, span: TextSpan): { readonly name: string; readonly expression: ExpressionNode }[] {
    const sources = of === null ? this.#sources : this.#sources.filter(({ alias }) => alias === of.text)
    if (of !== null && sources.length === 0) refuse(`"${of.text}" is no table of FROM`, of.span)
    return sources.flatMap(({ alias, columns }) =>
      columns.map(({ name }) => {
        const parts = [alias, name].map((text): Name => ({ text, quoted: true, span }))
        return { name, expression: { kind: 'path', span, parts } }
      }),
    )
  }

  /** A column of FROM, which counts as read from then on; `source` is the place of its table in FROM. */
  column(node: Extract<ExpressionNode, { kind: 'path' }>): Typed & { readonly source: number } {
    const names = node.parts.map(({ text }) => text)
    const column = names.at(-1) ?? ''
    const of = names.length === 2 ? names[0] : undefined
    if (names.length > 2) refuse('a column is TABLE.COLUMN', node.span)
    const found = this.#sources.flatMap((source, place) => {
      if (of !== undefined && source.alias !== of) return []
      const index = source.columns.findIndex(({ name }) => name === column)
      return index < 0 ? [] : [{ source, place, index }]
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
    const { source, place, index } = hit
    this.#tables[source.table]?.read.add(index)
    const type = source.columns[index]?.type
    return {
      text: `${source.reference}.c${index}`,
      type: type === undefined ? 'text' : kindOf(type),
      source: place,
    }
  }
}

function kindOf(type: SqlType): Typed['type'] {
  if (type.kind === 'TIMESTAMP' || type.kind === 'DATE') return 'time'
  if (type.kind === 'BOOLEAN') return 'boolean'
  return storageOf(type) === 'text' || storageOf(type) === 'binary' ? 'text' : 'number'
}
