/**
 * Java regular expressions, the part that a machine without backtracking can run:
 *
 *     choice   := sequence { '|' sequence }
 *     sequence := { atom [ '*' | '+' | '?' | '{n}' | '{n,}' | '{n,m}' ] [ '?' ] }
 *     atom     := '.' | '^' | '$' | class | '(' [ '?:' ] choice ')' | '\' escape | character
 *     class    := '[' [ '^' ] { character [ '-' character ] | '\' escape } ']'
 */
import { isWordPoint, PATTERN_LENGTH_MAX, Pattern, PatternError, type PatternNode } from './pattern.ts'

type Accepts = (point: number) => boolean

const isDigit: Accepts = point => point >= 48 && point <= 57
const isSpace: Accepts = point => point === 32 || (point >= 9 && point <= 13)
const SETS: Readonly<Record<string, Accepts>> = {
  d: isDigit,
  D: point => !isDigit(point),
  s: isSpace,
  S: point => !isSpace(point),
  w: isWordPoint,
  W: point => !isWordPoint(point),
}
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 }

/** Counts beyond this would only be refused as too many states. */
const COUNT_MAX = 1_000

/** @throws PatternError when the text is no such expression, or uses what is left out */
export function parseRegex(text: string): Pattern {
  if (text.length > PATTERN_LENGTH_MAX) throw new PatternError(`it is longer than ${PATTERN_LENGTH_MAX} characters`)
  const reader = new RegexReader(text)
  const node = reader.read()
  return new Pattern(node, reader.groups)
}

/** `{n}`, `{n,}` or `{n,m}` behind an atom, or null where no count stands; shared with SIMILAR TO. */
export function countAt(text: string, at: number): { least: number; most: number; end: number } | null {
  const match = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(text.slice(at, at + 12))
  if (match === null) return null
  const least = Number(match[1])
  const most = match[2] === undefined ? least : match[3] === undefined ? Infinity : Number(match[3])
  if (most < least || least > COUNT_MAX || (most !== Infinity && most > COUNT_MAX))
    throw new PatternError(`count ${match[0]} must rise and stay within ${COUNT_MAX}`)
  return { least, most, end: at + match[0].length }
}

class RegexReader {
  readonly #text: string
  #at = 0
  groups = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): PatternNode {
    const node = this.#choice()
    if (this.#at < this.#text.length) throw new PatternError(`")" at character ${this.#at + 1} closes nothing`)
    return node
  }

  #choice(): PatternNode {
    const options = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    return options.length === 1 ? options[0]! : { kind: 'choice', options }
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = []
    while (this.#at < this.#text.length && !'|)'.includes(this.#text[this.#at]!)) items.push(this.#repeated())
    return { kind: 'sequence', items }
  }

  #repeated(): PatternNode {
    let item = this.#atom()
    for (;;) {
      let least = 0
      let most = Infinity
      if (this.#take('+')) least = 1
      else if (this.#take('?')) most = 1
      else if (!this.#take('*')) {
        const count = countAt(this.#text, this.#at)
        if (count === null) return item
        least = count.least
        most = count.most
        this.#at = count.end
      }
      const lazy = this.#take('?')
      if (!lazy && this.#text[this.#at] === '+') throw new PatternError('possessive counts are not supported')
      item = { kind: 'repeat', item, least, most, lazy }
    }
  }

  #atom(): PatternNode {
    const point = this.#next()
    switch (String.fromCodePoint(point)) {
      case '.':
        return {
          kind: 'one',
          accepts: other => other !== 10 && other !== 13 && other !== 0x85 && other !== 0x2028 && other !== 0x2029,
        }
      case '^':
        return { kind: 'assert', what: 'start' }
      case '$':
        return { kind: 'assert', what: 'end' }
      case '(':
        return this.#group()
      case '[':
        return { kind: 'one', accepts: this.#class() }
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        throw new PatternError(`"${String.fromCodePoint(point)}" at character ${this.#at} repeats nothing`)
      default:
        return { kind: 'one', accepts: other => other === point }
    }
  }

  #group(): PatternNode {
    let index = 0
    if (this.#take('?')) {
      if (!this.#take(':')) throw new PatternError('look-around, flags and named groups are not supported')
    } else index = ++this.groups
    const item = this.#choice()
    if (!this.#take(')')) throw new PatternError('a "(" is not closed')
    return index === 0 ? item : { kind: 'group', index, item }
  }

  #escape(): PatternNode {
    const letter = this.#text[this.#at] ?? ''
    if (letter === 'b' || letter === 'B') {
      this.#at++
      return { kind: 'assert', what: letter === 'b' ? 'boundary' : 'inside' }
    }
    if (/[1-9k]/.test(letter)) throw new PatternError('back-references are not supported')
    const accepted = this.#escaped()
    return { kind: 'one', accepts: typeof accepted === 'number' ? other => other === accepted : accepted }
  }

  /** What stands behind a backslash: a set, or a code point. */
  #escaped(): number | Accepts {
    if (this.#at >= this.#text.length) throw new PatternError('it ends in a backslash')
    const point = this.#next()
    const letter = String.fromCodePoint(point)
    if (Object.hasOwn(SETS, letter)) return SETS[letter]!
    if (Object.hasOwn(CONTROLS, letter)) return CONTROLS[letter]!
    const digits = letter === 'u' ? 4 : letter === 'x' ? 2 : 0
    if (digits > 0) {
      const hex = this.#text.slice(this.#at, this.#at + digits)
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits)
        throw new PatternError(`\\${letter} takes ${digits} hexadecimal digits`)
      this.#at += digits
      return Number.parseInt(hex, 16)
    }
    if (/[A-Za-z0-9]/.test(letter)) throw new PatternError(`\\${letter} is not supported`)
    return point
  }

  #class(): Accepts {
    const negated = this.#take('^')
    const singles = new Set<number>()
    const ranges: [number, number][] = []
    const sets: Accepts[] = []
    let first = true
    while (first || this.#text[this.#at] !== ']') {
      if (this.#at >= this.#text.length) throw new PatternError('a "[" is not closed')
      if (this.#text[this.#at] === '[' || this.#text.startsWith('&&', this.#at))
        throw new PatternError('classes within classes are not supported')
      first = false
      const from = this.#classMember()
      if (typeof from !== 'number') {
        sets.push(from)
        continue
      }
      if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']' && this.#at + 1 < this.#text.length) {
        this.#at++
        const to = this.#classMember()
        if (typeof to !== 'number' || to < from) throw new PatternError('a range in a class must rise')
        ranges.push([from, to])
      } else singles.add(from)
    }
    this.#at++
    return point =>
      (singles.has(point) ||
        ranges.some(([from, to]) => point >= from && point <= to) ||
        sets.some(set => set(point))) !== negated
  }

  #classMember(): number | Accepts {
    if (this.#at >= this.#text.length) throw new PatternError('a "[" is not closed')
    const point = this.#next()
    return point === 0x5c ? this.#escaped() : point
  }

  #next(): number {
    const point = this.#text.codePointAt(this.#at) ?? 0
    this.#at += point > 0xffff ? 2 : 1
    return point
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }
}
