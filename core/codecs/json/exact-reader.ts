/**
 * A strict reader of JSON (RFC 8259) that keeps what JSON.parse loses: the source text of numbers and containers, the place
 * and reason of an error, and the limit on nesting. It accepts exactly what JSON.parse accepts within that limit (held by
 * a randomised test) and is some ten times slower, so it reads only documents whose source text is asked for, and broken ones.
 */
import { ExactContainer, ExactNumber } from '../cell.ts'
import { DEPTH_MAX } from './path.ts'

/** An object with its source text; of equal names the last one counts. */
export class ExactObject extends ExactContainer {
  readonly members = new Map<string, unknown>()
}

/** An array with its source text. */
export class ExactArray extends ExactContainer {
  readonly items: unknown[] = []
}

/** Where and why a text is no JSON document. */
export class JsonProblem {
  readonly at: number
  readonly reason: string
  constructor(at: number, reason: string) {
    this.at = at
    this.reason = reason
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Reads one document; `end` is then the index after it. Strings, booleans and null come as JSON.parse gives them. */
export class ExactReader {
  readonly #text: string
  readonly #limit: number
  #at: number

  /** @param limit index of the first character that does not belong to the text */
  constructor(text: string, start = 0, limit = text.length) {
    this.#text = text
    this.#at = start
    this.#limit = limit
  }

  get end(): number {
    return this.#at
  }

  /** The document at the current place with blanks before it, or the problem. */
  read(): unknown {
    try {
      this.#blanks()
      return this.#value(1)
    } catch (thrown) {
      if (thrown instanceof JsonProblem) return thrown
      throw thrown
    }
  }

  #blanks(): void {
    for (; this.#at < this.#limit; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
    }
  }

  #peek(): number {
    return this.#at < this.#limit ? this.#text.charCodeAt(this.#at) : -1
  }

  #fail(reason: string, at = this.#at): never {
    throw new JsonProblem(at, reason)
  }

  #unexpected(wanted: string): never {
    if (this.#at >= this.#limit) this.#fail(`the text ends where ${wanted} is expected`)
    const found = JSON.stringify(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0))
    this.#fail(`${found} where ${wanted} is expected`)
  }

  #value(depth: number): unknown {
    switch (this.#peek()) {
      case 123:
        return this.#object(depth)
      case 91:
        return this.#array(depth)
      case 34:
        return this.#string()
      case 116:
        return this.#word('true', true)
      case 102:
        return this.#word('false', false)
      case 110:
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #word(word: string, value: boolean | null): boolean | null {
    if (this.#at + word.length > this.#limit || !this.#text.startsWith(word, this.#at)) this.#unexpected('a value')
    this.#at += word.length
    return value
  }

  #number(): ExactNumber {
    NUMBER.lastIndex = this.#at
    const match = NUMBER.exec(this.#text)
    if (match === null || this.#at + match[0].length > this.#limit) this.#unexpected('a value')
    this.#at += match[0].length
    return new ExactNumber(match[0])
  }

  #string(): string {
    let result = ''
    this.#at++
    for (;;) {
      const from = this.#at
      let code = this.#peek()
      while (code >= 32 && code !== 34 && code !== 92) {
        this.#at++
        code = this.#peek()
      }
      if (code < 0) this.#fail('the text ends inside a string')
      if (this.#at > from) result += this.#text.slice(from, this.#at)
      if (code === 34) {
        this.#at++
        return result
      }
      if (code !== 92) this.#fail('a control character inside a string; it must be escaped')
      const letter = this.#text[this.#at + 1] ?? ''
      if (letter === 'u') {
        const hex = this.#text.slice(this.#at + 2, this.#at + 6)
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.#fail('a \\u escape without four hexadecimal digits')
        result += String.fromCharCode(Number.parseInt(hex, 16))
        this.#at += 6
      } else {
        const escaped = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
        if (escaped === undefined) this.#fail('an escape that JSON does not have')
        result += escaped
        this.#at += 2
      }
    }
  }

  #enter(depth: number): void {
    if (depth > DEPTH_MAX) this.#fail(`more than ${DEPTH_MAX} levels of nesting`)
    this.#at++
    this.#blanks()
  }

  #array(depth: number): ExactArray {
    const array = new ExactArray(this.#text, this.#at)
    this.#enter(depth)
    if (this.#peek() !== 93) {
      for (;;) {
        array.items.push(this.#value(depth + 1))
        this.#blanks()
        const code = this.#peek()
        if (code === 93) break
        if (code !== 44) this.#unexpected('"," or "]"')
        this.#at++
        this.#blanks()
      }
    }
    array.close(++this.#at)
    return array
  }

  #object(depth: number): ExactObject {
    const object = new ExactObject(this.#text, this.#at)
    this.#enter(depth)
    if (this.#peek() !== 125) {
      for (;;) {
        if (this.#peek() !== 34) this.#unexpected('a name in double quotes')
        const name = this.#string()
        this.#blanks()
        if (this.#peek() !== 58) this.#unexpected('":"')
        this.#at++
        this.#blanks()
        object.members.set(name, this.#value(depth + 1))
        this.#blanks()
        const code = this.#peek()
        if (code === 125) break
        if (code !== 44) this.#unexpected('"," or "}"')
        this.#at++
        this.#blanks()
      }
    }
    object.close(++this.#at)
    return object
  }
}
