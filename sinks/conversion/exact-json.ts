/** JSON whose long numbers keep their digits: those that a double may not hold exactly come as their text. */
import { stringEnd } from '../../core/codecs/json/documents.ts'

/** A number as it was written. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A double tells 15 significant digits apart; numbers of 16 characters may have more. */
const LONG_NUMBER = /[\d.eE+-]{16}/

/**
 * Parses a text. Objects have no prototype's names, and the last of two equal keys holds.
 * @throws SyntaxError as JSON.parse
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (!LONG_NUMBER.test(text)) return value
  // The text is good JSON, so the reader below need not look for mistakes.
  return new ExactReader(text).value()
}

class ExactReader {
  readonly #text: string
  readonly #token = /[ \t\r\n]*(?:(")|(-?\d[\d.eE+-]*)|(true|false|null)|([[\]{}:,]))/y

  constructor(text: string) {
    this.#text = text
  }

  value(): unknown {
    return this.#valueOf(this.#next())
  }

  #next(): RegExpExecArray {
    const match = this.#token.exec(this.#text)
    if (match === null) throw new SyntaxError('the JSON ends early')
    return match
  }

  #valueOf(token: RegExpExecArray): unknown {
    const [, quote, number, word, mark] = token
    if (quote !== undefined) return this.#string()
    if (number !== undefined) return number.length < 16 ? Number(number) : new NumberText(number)
    if (word !== undefined) return word === 'null' ? null : word === 'true'
    return mark === '[' ? this.#array() : this.#object()
  }

  /** The string whose quote was read. A pattern of all of it would take the stack for each of its characters. */
  #string(): string {
    const start = this.#token.lastIndex - 1
    const end = stringEnd(this.#text, start)
    this.#token.lastIndex = end
    return JSON.parse(this.#text.slice(start, end)) as string
  }

  #array(): unknown[] {
    const items: unknown[] = []
    for (let token = this.#next(); token[4] !== ']'; token = this.#next())
      if (token[4] !== ',') items.push(this.#valueOf(token))
    return items
  }

  #object(): Record<string, unknown> {
    const entries: [string, unknown][] = []
    for (let token = this.#next(); token[4] !== '}'; token = this.#next()) {
      if (token[4] === ',') continue
      const key = this.#string()
      this.#next()
      entries.push([key, this.value()])
    }
    return Object.fromEntries(entries)
  }
}
