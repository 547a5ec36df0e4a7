/** A pattern text and the place up to which it was read; what all pattern languages read in the same way. */
import { PatternError } from './pattern-error.ts'

/** Counts beyond this would only be refused as too many states. */
const COUNT_MAX = 1_000

export interface Count {
  readonly least: number
  readonly most: number
}

export class PatternReader {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get done(): boolean {
    return this.at >= this.text.length
  }

  is(token: string): boolean {
    return this.text.startsWith(token, this.at)
  }

  take(token: string): boolean {
    if (!this.is(token)) return false
    this.at += token.length
    return true
  }

  /** Up to `length` UTF-16 units that come next. */
  ahead(length: number): string {
    return this.text.slice(this.at, this.at + length)
  }

  /** The next code point. @throws PatternError at the end */
  next(): number {
    const point = this.text.codePointAt(this.at)
    if (point === undefined) throw new PatternError('it ends too early', this.at)
    this.at += point > 0xffff ? 2 : 1
    return point
  }

  /** `* + ? {n} {n,} {n,m}`, or null where no count stands. */
  count(): Count | null {
    if (this.take('*')) return { least: 0, most: Infinity }
    if (this.take('+')) return { least: 1, most: Infinity }
    if (this.take('?')) return { least: 0, most: 1 }
    const match = /^\{(\d{1,6})(?:(,)(\d{1,6})?)?\}/.exec(this.ahead(16))
    if (match === null) return null
    const least = Number(match[1])
    const most = match[2] === undefined ? least : match[3] === undefined ? Infinity : Number(match[3])
    if (most < least) throw new PatternError(`count ${match[0]} must rise`, this.at)
    if (least > COUNT_MAX || (most !== Infinity && most > COUNT_MAX))
      throw new PatternError(`count ${match[0]} must stay within ${COUNT_MAX}`, this.at)
    this.at += match[0].length
    return { least, most }
  }
}
