/**
 * The checker of generated code: reads the text again, with a lexer of its own, before anything compiles it. It shares
 * nothing with the emitter, so that a mistake there is found here. What it lets through can do arithmetic over arrays that
 * it was given, and nothing else: there is no way to name a global or a property, and nothing to call but the functions
 * that were handed in.
 *
 *     names       one letter and digits; declared in an enclosing block, or a parameter
 *     k f c w     vectors of constants, functions, arrays to read, arrays to write; an element gets a name only by
 *                 `const k7 = k[7];`, and a name of these letters is never given anything else
 *     calls       f3(...) only
 *     brackets    after a name; inside stand numbers and names of the letters i j o r g, joined by + - * & << >>
 *     i j o r g   whole numbers: given `(...) | 0`, a whole number, or ++
 *     writing     only to elements of w names
 *     braces      after every if, else, for and while; no declaration in the head of a loop
 *
 * No strings, templates, comments, regular expressions, backslashes, dots (but in numbers), `this`, `new`, `function`, arrows.
 */

const KEYWORDS: ReadonlySet<string> = new Set(
  'let const if else for while continue break return true false null'.split(' '),
)
// Longest first. A decrement is missing on purpose: with it a text could hold the beginning or the end of an HTML comment.
const PUNCTUATORS = '>>> === !== && || << >> <= >= ++ |= += + - * / % < > ! & | ^ ? : = ( ) [ ] { } , ;'.split(' ')
const VECTORS = 'kfcw'
const INDEXES = 'ijorg'

/** Characters of one generated function. */
export const SOURCE_CHARACTERS_MAX = 1_000_000

interface Token {
  readonly kind: 'keyword' | 'name' | 'number' | 'punctuator'
  readonly text: string
  readonly at: number
}

/** Generated code that must not be compiled: a broken promise of the emitter, never a mistake of the program. */
export class UnsafeSource extends Error {
  override name = 'UnsafeSource'
}

function refuse(reason: string, source: string, at: number): never {
  const near = JSON.stringify(source.slice(Math.max(0, at - 20), at + 20))
  throw new UnsafeSource(`generated code is refused at character ${at}: ${reason}, near ${near}`)
}

/**
 * @param parameters names of the function's parameters: one letter, or one letter and digits
 * @throws UnsafeSource for everything outside the list above
 */
export function checkSource(parameters: readonly string[], source: string): void {
  if (source.length > SOURCE_CHARACTERS_MAX) throw new UnsafeSource('generated code is too long')
  for (const name of parameters) if (!isName(name)) throw new UnsafeSource('a parameter has no name of a parameter')
  new Checker(parameters, source, tokensOf(source)).check()
}

function isName(text: string): boolean {
  return /^[a-z][0-9]{0,6}$/.test(text)
}

function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const character = source[at]!
    if (character === ' ' || character === '\n') {
      at++
      continue
    }
    const token = wordAt(source, at) ?? numberAt(source, at) ?? punctuatorAt(source, at)
    if (token === null) refuse('a character that has no place', source, at)
    tokens.push(token)
    at += token.text.length
  }
  return tokens
}

function wordAt(source: string, at: number): Token | null {
  let end = at
  while (end < source.length && /[A-Za-z0-9_$]/.test(source[end]!)) end++
  const text = source.slice(at, end)
  if (!/^[A-Za-z_$]/.test(text)) return null
  if (KEYWORDS.has(text)) return { kind: 'keyword', text, at }
  if (!isName(text)) refuse('a word that is no name', source, at)
  return { kind: 'name', text, at }
}

function numberAt(source: string, at: number): Token | null {
  if (!/[0-9]/.test(source[at]!)) return null
  let end = at
  while (end < source.length && /[0-9.eE]/.test(source[end]!)) {
    // The sign of an exponent belongs to the number.
    if (/[eE]/.test(source[end]!) && /[+-]/.test(source[end + 1] ?? '')) end++
    end++
  }
  const text = source.slice(at, end)
  if (!/^(0|[1-9][0-9]*)(\.[0-9]+)?(e[+-]?[0-9]+)?$/.test(text)) refuse('a number of another form', source, at)
  if (/[A-Za-z0-9_$.]/.test(source[end] ?? '')) refuse('a number that runs into a word', source, at)
  return { kind: 'number', text, at }
}

function punctuatorAt(source: string, at: number): Token | null {
  const text = PUNCTUATORS.find(punctuator => source.startsWith(punctuator, at))
  if (text === undefined) return null
  // Comments, HTML comments, arrows and powers are made of characters that are allowed alone.
  for (const bad of ['//', '/*', '<!--', '-->', '--', '=>', '**', '?.', '??'])
    if (source.startsWith(bad, at)) refuse('characters that must not stand together', source, at)
  return { kind: 'punctuator', text, at }
}

class Checker {
  readonly #source: string
  readonly #tokens: readonly Token[]
  readonly #scopes: Set<string>[]
  readonly #open: string[] = []

  constructor(parameters: readonly string[], source: string, tokens: readonly Token[]) {
    this.#source = source
    this.#tokens = tokens
    this.#scopes = [new Set(parameters)]
  }

  check(): void {
    for (let i = 0; i < this.#tokens.length; i++) {
      const token = this.#tokens[i]!
      switch (token.kind) {
        case 'keyword':
          this.#keyword(token, i)
          break
        case 'name':
          this.#name(token, i)
          break
        case 'punctuator':
          this.#punctuator(token, i)
          break
        case 'number':
          if (this.#endsOperand(i - 1)) this.#refuse('a number behind a value', token)
      }
    }
    if (this.#open.length > 0) throw new UnsafeSource('generated code ends inside a bracket')
  }

  #refuse(reason: string, token: Token | undefined): never {
    refuse(reason, this.#source, token?.at ?? this.#source.length)
  }

  #text(i: number): string {
    return this.#tokens[i]?.text ?? ''
  }

  /** Whether a token can be the last of a value, so that a slash behind it divides. */
  #endsOperand(i: number): boolean {
    const token = this.#tokens[i]
    if (token === undefined) return false
    if (token.kind === 'name' || token.kind === 'number') return true
    return token.text === ')' || token.text === ']' || ['true', 'false', 'null'].includes(token.text)
  }

  #keyword(token: Token, i: number): void {
    switch (token.text) {
      case 'let':
      case 'const': {
        if (!['', ';', '{', '}'].includes(this.#text(i - 1))) this.#refuse('a declaration inside an expression', token)
        const name = this.#tokens[i + 1]
        if (name?.kind !== 'name' || this.#text(i + 2) !== '=') this.#refuse('a declaration of another form', token)
        this.#scopes[this.#scopes.length - 1]!.add(name.text)
        break
      }
      case 'if':
      case 'for':
      case 'while':
        if (this.#text(i + 1) !== '(') this.#refuse('a head without parenthesis', token)
        if (this.#text(this.#closing(i + 1) + 1) !== '{') this.#refuse('a body without braces', token)
        break
      case 'else':
        if (this.#text(i + 1) !== '{' && this.#text(i + 1) !== 'if') this.#refuse('a body without braces', token)
        break
      default:
        break
    }
  }

  #name(token: Token, i: number): void {
    const { text } = token
    const letter = text[0]!
    if (!this.#scopes.some(scope => scope.has(text))) this.#refuse('a name that is not declared', token)
    if (this.#endsOperand(i - 1)) this.#refuse('a name behind a value', token)
    const next = this.#text(i + 1)
    if (next === '=') {
      if (VECTORS.includes(letter)) this.#element(token, i)
      else if (INDEXES.includes(letter)) this.#whole(token, i)
    } else if (next === '++' || next === '|=' || next === '+=') {
      if (VECTORS.includes(letter)) this.#refuse('a vector that changes', token)
      if (INDEXES.includes(letter) && next !== '++') this.#refuse('a whole number that may become another', token)
    } else if (next === '(') {
      if (letter !== 'f' || text === 'f') this.#refuse('a call of something else than a function of the table', token)
    } else if (letter === 'f' && next !== '[') this.#refuse('a function that is not called', token)
    if (this.#text(i - 1) === '++') this.#refuse('a prefix', token)
  }

  /** `k7 = k[7];` */
  #element({ text, at }: Token, i: number): void {
    const wanted = ['=', text[0]!, '[', text.slice(1), ']', ';']
    if (text.length < 2 || wanted.some((part, index) => this.#text(i + 1 + index) !== part))
      refuse('a vector that is not the element of its number', this.#source, at)
  }

  /** `i3 = 0;` or `i3 = (...) | 0;` */
  #whole(token: Token, i: number): void {
    const first = this.#tokens[i + 2]
    if (first?.kind === 'number' && /^[0-9]{1,9}$/.test(first.text) && this.#text(i + 3) === ';') return
    if (first?.text !== '(') this.#refuse('a whole number given something else', token)
    const close = this.#closing(i + 2)
    if (this.#text(close + 1) !== '|' || this.#text(close + 2) !== '0' || this.#text(close + 3) !== ';')
      this.#refuse('a whole number given something else', token)
  }

  #punctuator(token: Token, i: number): void {
    switch (token.text) {
      case '/':
        if (!this.#endsOperand(i - 1)) this.#refuse('a slash that does not divide', token)
        break
      case '(':
        if (this.#endsOperand(i - 1) && this.#tokens[i - 1]?.kind !== 'name')
          this.#refuse('a call of something else than a function of the table', token)
        this.#open.push(')')
        break
      case '[':
        this.#index(token, i)
        this.#open.push(']')
        break
      case '{':
        // Blocks only, no objects.
        if (![')', 'else'].includes(this.#text(i - 1))) this.#refuse('a brace that opens no block', token)
        this.#open.push('}')
        this.#scopes.push(new Set())
        break
      case ')':
      case ']':
      case '}':
        if (this.#open.pop() !== token.text) this.#refuse('brackets that do not match', token)
        if (token.text === '}') this.#scopes.pop()
        break
      case '=':
      case '|=':
      case '+=':
        this.#assignment(token, i)
        break
      case '++':
        if (this.#tokens[i - 1]?.kind !== 'name') this.#refuse('an increment of something else than a name', token)
        break
      default:
        break
    }
  }

  #index(token: Token, i: number): void {
    if (this.#tokens[i - 1]?.kind !== 'name') this.#refuse('a bracket behind something else than a name', token)
    let at = i + 1
    for (; this.#text(at) !== ']'; at++) {
      const part = this.#tokens[at]
      const fits =
        part !== undefined &&
        (part.kind === 'number'
          ? /^[0-9]{1,9}$/.test(part.text)
          : part.kind === 'name'
            ? INDEXES.includes(part.text[0]!)
            : ['+', '-', '*', '&', '<<', '>>'].includes(part.text))
      if (!fits) this.#refuse('an index that may be no whole number', part)
    }
    if (at === i + 1) this.#refuse('an empty index', token)
  }

  #assignment(token: Token, i: number): void {
    const before = this.#tokens[i - 1]
    if (before?.kind === 'name') return
    if (before?.text !== ']') this.#refuse('an assignment to something else than a name or an element', token)
    let at = i - 1
    while (at >= 0 && this.#text(at) !== '[') at--
    if (!/^w[0-9]+$/.test(this.#text(at - 1))) this.#refuse('a write to an array that is only read', token)
  }

  /** The place of the parenthesis that closes the one at `i`. */
  #closing(i: number): number {
    let depth = 0
    for (let at = i; at < this.#tokens.length; at++) {
      if (this.#text(at) === '(') depth++
      else if (this.#text(at) === ')' && --depth === 0) return at
    }
    this.#refuse('a parenthesis without end', this.#tokens[i])
  }
}
