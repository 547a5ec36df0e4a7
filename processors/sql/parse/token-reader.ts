/** The place in the token list, the errors that name what stands there, and the grammar's recursion with its limit. */
import { SqlError, type TextSpan } from '../../../core/errors.ts'
import type { ExpressionNode, Name, QueryNode, WindowReference } from '../ast.ts'
import type { Token } from '../lex.ts'
import { LIST_ITEMS_MAX, NESTING_MAX } from '../limits.ts'
import { isReserved, nameText } from '../reserved-words.ts'

/** The productions that contain each other; parse.ts joins their files through this. */
export interface Grammar {
  readonly expression: (reader: TokenReader) => ExpressionNode
  /** an expression above comparisons: no AND, OR, NOT, IN, BETWEEN, LIKE, IS outside parentheses */
  readonly value: (reader: TokenReader) => ExpressionNode
  readonly query: (reader: TokenReader) => QueryNode
  /** the rest of a query whose first operand is read */
  readonly queryAfter: (reader: TokenReader, first: QueryNode) => QueryNode
  readonly windowReference: (reader: TokenReader) => WindowReference
  /** `LIMIT n` stands without ORDER BY too */
  readonly limitsAlone: boolean
}

/** Words that nobody means as a name where they stand: something before them is missing. */
const CLAUSE_WORDS: ReadonlySet<string> = new Set('AND AS FROM INTO OR SELECT THEN WHEN WHERE'.split(' '))

export class TokenReader {
  readonly #tokens: readonly Token[]
  readonly #grammar: Grammar
  #index = 0
  #nesting = 0

  constructor(tokens: readonly Token[], grammar: Grammar) {
    this.#tokens = tokens
    this.#grammar = grammar
  }

  get limitsAlone(): boolean {
    return this.#grammar.limitsAlone
  }

  get token(): Token {
    return this.peek(0)
  }

  peek(ahead: number): Token {
    const last = this.#tokens.length - 1
    // The list always ends in an `end` token.
    return this.#tokens[Math.min(this.#index + ahead, last)] as Token
  }

  advance(): Token {
    const token = this.token
    this.#index++
    return token
  }

  /** From the start of `first` to the end of the token before the current one. */
  spanFrom(first: TextSpan): TextSpan {
    const last = this.#tokens[Math.max(0, this.#index - 1)]
    return { ...first, end: Math.max(first.end, last?.span.end ?? first.end) }
  }

  isEnd(): boolean {
    return this.token.kind === 'end'
  }

  isWord(...words: readonly string[]): boolean {
    return this.token.kind === 'word' && words.includes(this.token.text)
  }

  isWordAt(ahead: number, ...words: readonly string[]): boolean {
    const token = this.peek(ahead)
    return token.kind === 'word' && words.includes(token.text)
  }

  isSymbol(text: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === text
  }

  isSymbolAt(ahead: number, text: string): boolean {
    const token = this.peek(ahead)
    return token.kind === 'symbol' && token.text === text
  }

  /** Takes the words if they stand here in this order. */
  takeWords(...words: readonly string[]): boolean {
    if (!words.every((word, index) => this.isWordAt(index, word))) return false
    this.#index += words.length
    return true
  }

  takeSymbol(text: string): boolean {
    if (!this.isSymbol(text)) return false
    this.#index++
    return true
  }

  /** Takes one of the words, or returns null. */
  takeOneOf<const Word extends string>(...words: readonly Word[]): Word | null {
    const found = words.find(word => this.isWord(word))
    if (found === undefined) return null
    this.#index++
    return found
  }

  expectWord(word: string, where: string): Token {
    if (!this.isWord(word)) this.fail(`${word} ${where}`)
    return this.advance()
  }

  expectSymbol(text: string, where: string): Token {
    if (!this.isSymbol(text)) this.fail(`"${text}" ${where}`)
    return this.advance()
  }

  /** @param expected what should stand here, such as `")" after the arguments` */
  fail(expected: string, hint: string | null = null): never {
    throw new SqlError('sql_syntax', `expected ${expected}, found ${tokenText(this.token)}`, this.token.span, hint)
  }

  /** @param what the thing named, such as `a column name` */
  name(what: string): Name {
    const token = this.token
    if (token.kind === 'quoted') {
      this.#index++
      return { text: token.text, quoted: true, span: token.span }
    }
    if (token.kind !== 'word') this.fail(what)
    if (isReserved(token.text)) this.failReserved(what)
    this.#index++
    return { text: token.text, quoted: false, span: token.span }
  }

  failReserved(what: string): never {
    const { text, span } = this.token
    if (CLAUSE_WORDS.has(text)) this.fail(what)
    throw new SqlError(
      'sql_syntax',
      `expected ${what}, found the reserved word ${text}`,
      span,
      `to use it as a name, write ${nameText(text)} in quotes, in the case of the name`,
    )
  }

  /** True where a name without reserved meaning stands. */
  isName(): boolean {
    const token = this.token
    return token.kind === 'quoted' || (token.kind === 'word' && !isReserved(token.text))
  }

  /** `item {',' item}` */
  list<Item>(item: () => Item): readonly Item[] {
    const items = [item()]
    while (this.takeSymbol(',')) {
      if (items.length >= LIST_ITEMS_MAX) {
        throw new SqlError('sql_limit', `list has more than ${LIST_ITEMS_MAX} items`, this.token.span)
      }
      items.push(item())
    }
    return items
  }

  expression(): ExpressionNode {
    return this.nested(() => this.#grammar.expression(this))
  }

  value(): ExpressionNode {
    return this.nested(() => this.#grammar.value(this))
  }

  query(): QueryNode {
    return this.nested(() => this.#grammar.query(this))
  }

  queryAfter(first: QueryNode): QueryNode {
    return this.nested(() => this.#grammar.queryAfter(this, first))
  }

  windowReference(): WindowReference {
    return this.#grammar.windowReference(this)
  }

  /** Runs a production one level deeper. */
  nested<Node>(production: () => Node): Node {
    if (this.#nesting >= NESTING_MAX) {
      throw new SqlError('sql_limit', `program is nested more than ${NESTING_MAX} levels deep`, this.token.span)
    }
    this.#nesting++
    const node = production()
    this.#nesting--
    return node
  }
}

/** A token as an error message shows it. */
export function tokenText(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end of the program'
    case 'quoted':
      return nameText(token.text)
    case 'string':
    case 'unicode':
    case 'binary':
      return `'${token.text.length > 20 ? `${token.text.slice(0, 20)}…` : token.text}'`
    case 'symbol':
      return `"${token.text}"`
    default:
      return token.text
  }
}
