/**
 * Program text to tokens. Comments and blanks end here; names are folded here; literals keep their source form, since their
 * meaning (precision, escape character) is the parser's.
 *
 *     word     letter or _, then letters, digits, _        folded to upper case
 *     quoted   "any character", "" inside is one "          case kept
 *     string   'text', '' inside is one '
 *     unicode  U&'text'                                     raw; the parser knows UESCAPE
 *     binary   X'3F67'
 *     integer  12      decimal  12.50  .5      double  1e3  2.5E-3
 *     comment  -- to end of line, // to end of line, block comments as in C
 */
import { SqlError, type TextSpan } from '../../core/errors.ts'
import { NAME_CHARACTERS_MAX, PROGRAM_CHARACTERS_MAX, TOKENS_MAX } from './limits.ts'

export type TokenKind =
  | 'word'
  | 'quoted'
  | 'string'
  | 'unicode'
  | 'binary'
  | 'integer'
  | 'decimal'
  | 'double'
  | 'symbol'
  | 'end'

export interface Token {
  readonly kind: TokenKind
  /** folded word, unescaped string or quoted name, digits of a number, the symbol; empty at the end */
  readonly text: string
  readonly span: TextSpan
}

const WORD_START = /[\p{L}_]/u
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy
// The fraction needs a digit on one side of the point, so that `a.b` stays a path.
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
// A byte order mark and no-break spaces come with copied programs.
const BLANKS = /[\s\u00a0\ufeff]+/y
const LINE_COMMENT = /(?:--|\/\/)[^\n]*/y
const SYMBOL = /<=|>=|<>|!=|\|\||[(),;.+\-*/=<>?]/y
const QUOTED = /"[^"]*(?:""[^"]*)*"/y
const STRING = /'[^']*(?:''[^']*)*'/y

const FOREIGN: Readonly<Record<string, string>> = {
  '%': 'write MOD(a, b) for the remainder',
  '`': 'write names in double quotes',
  '\u201c': 'write " in place of the curly quote',
  '\u201d': 'write " in place of the curly quote',
  '\u2018': "write ' in place of the curly quote",
  '\u2019': "write ' in place of the curly quote",
  '[': 'write names in double quotes',
  ':': 'programs take no parameters',
}

/**
 * Cuts a program into tokens; the last one has kind `end`.
 * @throws SqlError `sql_limit` over PROGRAM_CHARACTERS_MAX, TOKENS_MAX or NAME_CHARACTERS_MAX, `sql_syntax` for characters
 *   that begin no token and for text without its closing quote
 */
export function lex(text: string): readonly Token[] {
  return new Lexer(text).tokens()
}

class Lexer {
  readonly #text: string
  readonly #tokens: Token[] = []
  #offset = 0
  #line = 1
  #lineStart = 0

  constructor(text: string) {
    this.#text = text
  }

  tokens(): readonly Token[] {
    const text = this.#text
    if (text.length > PROGRAM_CHARACTERS_MAX) {
      this.#offset = PROGRAM_CHARACTERS_MAX
      this.#countLines(0, PROGRAM_CHARACTERS_MAX)
      throw new SqlError(
        'sql_limit',
        `program has ${text.length} characters, ${PROGRAM_CHARACTERS_MAX} are allowed`,
        this.#span(this.#offset, this.#offset + 1),
        'split it into several applications',
      )
    }
    for (;;) {
      this.#skip()
      if (this.#offset >= text.length) break
      if (this.#tokens.length >= TOKENS_MAX) {
        throw new SqlError(
          'sql_limit',
          `program has more than ${TOKENS_MAX} tokens`,
          this.#span(this.#offset, this.#offset + 1),
        )
      }
      this.#next()
    }
    this.#tokens.push({ kind: 'end', text: '', span: this.#span(text.length, text.length) })
    return this.#tokens
  }

  #next(): void {
    const text = this.#text
    const start = this.#offset
    const first = String.fromCodePoint(text.codePointAt(start) ?? 0)
    if (first === '"') {
      const source = this.#quote(QUOTED, 'quoted name has no closing "')
      const name = source.slice(1, -1).replaceAll('""', '"')
      this.#checkName(name, start)
      this.#push('quoted', name, source.length)
    } else if (first === "'") {
      const source = this.#quote(STRING, "string has no closing '")
      this.#push('string', source.slice(1, -1).replaceAll("''", "'"), source.length)
    } else if ((first === 'u' || first === 'U') && text.startsWith("&'", start + 1)) {
      const source = this.#quote(STRING, "string has no closing '", 2)
      this.#push('unicode', source.slice(1, -1).replaceAll("''", "'"), source.length + 2)
    } else if ((first === 'x' || first === 'X') && text[start + 1] === "'") {
      const source = this.#quote(STRING, "binary literal has no closing '", 1)
      this.#push('binary', source.slice(1, -1), source.length + 1)
    } else if (WORD_START.test(first)) {
      const source = this.#match(WORD) ?? first
      this.#checkName(source, start)
      this.#push('word', source.toUpperCase(), source.length)
    } else {
      this.#numberOrSymbol(first)
    }
  }

  #numberOrSymbol(first: string): void {
    const start = this.#offset
    const number = this.#match(NUMBER)
    if (number !== null) {
      const after = this.#text[start + number.length]
      if (after !== undefined && WORD_START.test(after)) {
        throw new SqlError(
          'sql_syntax',
          `number ${number} runs into "${after}"`,
          this.#span(start, start + number.length + 1),
        )
      }
      const kind = /[eE]/.test(number) ? 'double' : number.includes('.') ? 'decimal' : 'integer'
      this.#push(kind, number, number.length)
      return
    }
    const symbol = this.#match(SYMBOL)
    if (symbol === null) {
      const shown = /[\p{C}\p{Z}]/u.test(first)
        ? `U+${(first.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
        : first
      throw new SqlError(
        'sql_syntax',
        `unexpected character ${shown}`,
        this.#span(start, start + first.length),
        FOREIGN[first] ?? null,
      )
    }
    this.#push('symbol', symbol, symbol.length)
  }

  #skip(): void {
    for (;;) {
      const start = this.#offset
      const blanks = this.#match(BLANKS) ?? this.#match(LINE_COMMENT)
      if (blanks !== null) {
        this.#move(blanks.length)
      } else if (this.#text.startsWith('/*', start)) {
        const end = this.#text.indexOf('*/', start + 2)
        if (end < 0) throw new SqlError('sql_syntax', 'comment has no closing */', this.#span(start, start + 2))
        this.#move(end + 2 - start)
      } else {
        return
      }
    }
  }

  #quote(pattern: RegExp, complaint: string, prefix = 0): string {
    const start = this.#offset
    pattern.lastIndex = start + prefix
    const source = pattern.exec(this.#text)?.[0]
    if (source === undefined) throw new SqlError('sql_syntax', complaint, this.#span(start, start + prefix + 1))
    return source
  }

  #checkName(name: string, start: number): void {
    const span = this.#span(start, start + name.length)
    if (name.length > NAME_CHARACTERS_MAX) {
      throw new SqlError('sql_limit', `name has ${name.length} characters, ${NAME_CHARACTERS_MAX} are allowed`, span)
    }
    if (name === '') throw new SqlError('sql_syntax', 'quoted name is empty', this.#span(start, start + 2))
    if (/[^ -\u{10ffff}]/u.test(name)) {
      throw new SqlError('sql_syntax', 'quoted name holds a control character', span)
    }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#offset
    return pattern.exec(this.#text)?.[0] ?? null
  }

  #push(kind: TokenKind, text: string, size: number): void {
    this.#tokens.push({ kind, text, span: this.#span(this.#offset, this.#offset + size) })
    this.#move(size)
  }

  #move(size: number): void {
    this.#countLines(this.#offset, this.#offset + size)
    this.#offset += size
  }

  #countLines(start: number, end: number): void {
    for (let at = this.#text.indexOf('\n', start); at >= 0 && at < end; at = this.#text.indexOf('\n', at + 1)) {
      this.#line++
      this.#lineStart = at + 1
    }
  }

  #span(start: number, end: number): TextSpan {
    return { start, end, line: this.#line, column: start - this.#lineStart + 1 }
  }
}
