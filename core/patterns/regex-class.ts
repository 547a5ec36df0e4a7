/** Character classes and escapes of Java regular expressions: `[a-z&&[^aeiou]]`, `\d`, `\p{Alpha}`, `\u0041`. */
import {
  type CharacterSet,
  caseless,
  complement,
  DIGIT,
  HORIZONTAL_SPACE,
  intersection,
  namedSet,
  range,
  SPACE,
  single,
  union,
  VERTICAL_SPACE,
  WORD,
} from './character-set.ts'
import { PATTERN_NESTING_MAX, PatternError } from './pattern-error.ts'
import type { PatternReader } from './pattern-reader.ts'

const SETS: Readonly<Record<string, CharacterSet>> = {
  d: DIGIT,
  D: complement(DIGIT),
  s: SPACE,
  S: complement(SPACE),
  w: WORD,
  W: complement(WORD),
  h: HORIZONTAL_SPACE,
  H: complement(HORIZONTAL_SPACE),
  v: VERTICAL_SPACE,
  V: complement(VERTICAL_SPACE),
}
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 }

/** What stands behind a backslash: a set, or a code point. */
export function readEscape(reader: PatternReader, ignoreCase: boolean): number | CharacterSet {
  const at = reader.at - 1
  if (reader.done) throw new PatternError('it ends in a backslash', at)
  const point = reader.next()
  const letter = String.fromCodePoint(point)
  if (Object.hasOwn(SETS, letter)) return SETS[letter]!
  if (Object.hasOwn(CONTROLS, letter)) return CONTROLS[letter]!
  switch (letter) {
    case 'p':
    case 'P': {
      const set = readProperty(reader, ignoreCase, at)
      return letter === 'P' ? complement(set) : set
    }
    case 'u':
      return readHex(reader, /^[0-9a-fA-F]{4}/, '\\u takes 4 hexadecimal digits', at)
    case 'x': {
      const long = /^\{([0-9a-fA-F]{1,6})\}/.exec(reader.ahead(8))
      if (long === null) return readHex(reader, /^[0-9a-fA-F]{2}/, '\\x takes 2 hexadecimal digits', at)
      reader.take(long[0])
      const code = Number.parseInt(long[1]!, 16)
      if (code > 0x10ffff) throw new PatternError('\\x{...} is above the last character', at)
      return code
    }
    case '0': {
      const digits = /^(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(reader.ahead(3))?.[0]
      if (digits === undefined) throw new PatternError('\\0 takes octal digits', at)
      reader.take(digits)
      return Number.parseInt(digits, 8)
    }
    case 'c':
      if (reader.done) throw new PatternError('\\c takes a character', at)
      return reader.next() ^ 64
    default:
      if (/[A-Za-z0-9]/.test(letter)) throw new PatternError(`\\${letter} is not supported`, at)
      return point
  }
}

function readHex(reader: PatternReader, digits: RegExp, message: string, at: number): number {
  const found = digits.exec(reader.ahead(4))?.[0]
  if (found === undefined) throw new PatternError(message, at)
  reader.take(found)
  return Number.parseInt(found, 16)
}

function readProperty(reader: PatternReader, ignoreCase: boolean, at: number): CharacterSet {
  const found = /^(?:\{\^?([A-Za-z_]{1,40})\}|([A-Za-z]))/.exec(reader.ahead(44))
  const name = found?.[1] ?? found?.[2]
  const set = found === null || name === undefined || found[0].startsWith('{^') ? null : namedSet(name, ignoreCase)
  if (found === null || set === null)
    throw new PatternError('\\p{...} takes a POSIX class, a general category or a common script', at)
  reader.take(found[0])
  return set
}

/** A class, from behind its `[` to behind its `]`. */
export function readClass(reader: PatternReader, flags: string): CharacterSet {
  return new ClassReader(reader, flags).bracketed(1)
}

class ClassReader {
  readonly #in: PatternReader
  readonly #flags: string

  constructor(reader: PatternReader, flags: string) {
    this.#in = reader
    this.#flags = flags
  }

  bracketed(depth: number): CharacterSet {
    const open = this.#in.at - 1
    if (depth > PATTERN_NESTING_MAX)
      throw new PatternError(`classes are nested more than ${PATTERN_NESTING_MAX} deep`, open)
    const negated = this.#in.take('^')
    const set = this.#members(depth, open)
    if (!this.#in.take(']')) throw new PatternError('a "[" is not closed', open)
    return negated ? complement(set) : set
  }

  /** What stands up to the closing bracket, which is left; `&&` binds looser than standing side by side. */
  #members(depth: number, open: number): CharacterSet {
    let left: CharacterSet | null = null
    let parts: CharacterSet[] = []
    let first = true
    for (;;) {
      if (this.#in.done) throw new PatternError('a "[" is not closed', open)
      // A bracket in the first place is a character.
      if (this.#in.is(']') && !first) break
      if (this.#in.take('&&')) {
        if (this.#in.is('&')) throw new PatternError('a "&" beside "&&" is written "\\&"', this.#in.at)
        const side = parts.length === 0 ? null : union(parts)
        left = left === null || side === null ? (left ?? side) : intersection(left, side)
        parts = []
        // `[a&&]` and `[&&a]`: an empty side changes nothing.
        first = left === null
        continue
      }
      first = false
      parts.push(this.#in.take('[') ? this.bracketed(depth + 1) : this.#member())
    }
    const side = parts.length === 0 ? null : union(parts)
    if (left !== null && side !== null) return intersection(left, side)
    const set = left ?? side
    if (set === null) throw new PatternError('a class is empty', open)
    return set
  }

  /** A character, a range, or an escaped set. */
  #member(): CharacterSet {
    const { at } = this.#in
    const from = this.#character()
    if (typeof from !== 'number') return from
    const ahead = this.#in.ahead(2)
    if (!ahead.startsWith('-') || ahead === '-]' || ahead === '-[' || ahead.length < 2) return this.#cased(single(from))
    this.#in.next()
    const to = this.#character()
    if (typeof to !== 'number' || to < from) throw new PatternError('a range in a class must rise', at)
    return this.#cased(range(from, to))
  }

  #character(): number | CharacterSet {
    const point = this.#in.next()
    return point === 0x5c ? readEscape(this.#in, this.#flags.includes('i')) : point
  }

  #cased(set: CharacterSet): CharacterSet {
    return this.#flags.includes('i') ? caseless(set, this.#flags.includes('u')) : set
  }
}
