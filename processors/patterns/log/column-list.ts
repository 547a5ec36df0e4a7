/**
 * Column lists of log parsers:
 *
 *     list   := column { ',' column }
 *     column := identifier [ [ 'TYPE' ] type [ 'NOT NULL' ] [ '\'' date pattern '\'' ] [ 'START' n 'FOR' n ] ]
 *
 * Identifiers follow the rules of SQL: plain ones are folded to upper case. NOT NULL says nothing more than the parser
 * knows: a record that does not match is NULL in all of its fields.
 */

import { PatternError } from '../../../core/patterns/pattern-error.ts'
import { parseSqlType, type SqlType } from '../../../core/sql-type.ts'
import { DEFAULT_TYPE, LOG_COLUMNS_MAX, type LogColumn } from './log-parser.ts'

export interface ListedColumn extends LogColumn {
  /** characters from 0, where the list says so */
  readonly start: number | null
  readonly length: number | null
}

interface Token {
  readonly kind: 'word' | 'quoted' | 'text' | 'symbol' | 'number'
  readonly text: string
  readonly offset: number
}

const TOKEN = /\s*(?:([A-Za-z_]\w*)|"((?:[^"]|"")+)"|'((?:[^']|'')*)'|(\d+)|([(),]))/y

/** @throws PatternError with the place in the list */
export function parseColumnList(text: string): readonly ListedColumn[] {
  const reader = new ColumnListReader(tokensOf(text), text.length)
  const columns = reader.read()
  const names = new Set<string>()
  for (const { name } of columns) {
    if (names.has(name)) throw new PatternError(`column ${name} is listed twice`)
    names.add(name)
  }
  return columns
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  const trimmed = text.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < trimmed.length) {
    const offset = TOKEN.lastIndex
    const found = TOKEN.exec(trimmed)
    if (found === null) throw new PatternError('the column list cannot be read', offset)
    const [, word, quoted, literal, number, symbol] = found
    if (word !== undefined) tokens.push({ kind: 'word', text: word.toUpperCase(), offset })
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll('""', '"'), offset })
    else if (literal !== undefined) tokens.push({ kind: 'text', text: literal.replaceAll("''", "'"), offset })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, offset })
    else tokens.push({ kind: 'symbol', text: symbol ?? '', offset })
  }
  return tokens
}

class ColumnListReader {
  readonly #tokens: readonly Token[]
  readonly #end: number
  #at = 0

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens
    this.#end = end
  }

  read(): ListedColumn[] {
    const columns: ListedColumn[] = []
    do columns.push(this.#column())
    while (this.#take('symbol', ','))
    if (this.#at < this.#tokens.length) this.#fail('"," between columns')
    if (columns.length > LOG_COLUMNS_MAX)
      throw new PatternError(`it lists more than ${LOG_COLUMNS_MAX} columns`, this.#end)
    return columns
  }

  #column(): ListedColumn {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'word' && token?.kind !== 'quoted') return this.#fail('the name of a column')
    this.#at++
    const typed = this.#take('word', 'TYPE')
    const type = this.#type(typed)
    if (this.#take('word', 'NOT') && !this.#take('word', 'NULL')) this.#fail('NULL behind NOT')
    const next = this.#tokens[this.#at]
    const format = next?.kind === 'text' ? next.text : null
    if (format !== null) {
      if (!['DATE', 'TIME', 'TIMESTAMP'].includes(type.kind)) this.#fail('a date pattern only behind a type of time')
      this.#at++
    }
    let start: number | null = null
    let length: number | null = null
    if (this.#take('word', 'START')) {
      start = this.#number('the first character behind START')
      if (!this.#take('word', 'FOR')) this.#fail('FOR behind START')
      length = this.#number('the number of characters behind FOR')
    }
    return { name: token.text, type, format, start, length }
  }

  #type(needed: boolean): SqlType {
    const words: string[] = []
    const { at } = { at: this.#at }
    for (let token = this.#tokens[this.#at]; token?.kind === 'word'; token = this.#tokens[this.#at]) {
      if (token.text === 'NOT' || token.text === 'START') break
      words.push(token.text)
      this.#at++
    }
    if (words.length === 0) return needed ? this.#fail('a type behind TYPE') : DEFAULT_TYPE
    let text = words.join(' ')
    if (this.#take('symbol', '(')) {
      const numbers = [this.#number('a length')]
      if (this.#take('symbol', ',')) numbers.push(this.#number('a scale'))
      if (!this.#take('symbol', ')')) this.#fail('")" behind a length')
      text += `(${numbers.join(', ')})`
    }
    try {
      return parseSqlType(text)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new PatternError(message, this.#tokens[at]?.offset ?? this.#end)
    }
  }

  #number(what: string): number {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'number') return this.#fail(what)
    this.#at++
    return Number(token.text)
  }

  #take(kind: Token['kind'], text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== kind || token.text !== text) return false
    this.#at++
    return true
  }

  #fail(wanted: string): never {
    throw new PatternError(`the column list needs ${wanted}`, this.#tokens[this.#at]?.offset ?? this.#end)
  }
}
