/**
 * Java regular expressions, the part that a machine without backtracking can run:
 *
 *     choice   := sequence { '|' sequence }
 *     sequence := { atom [ ( '*' | '+' | '?' | '{n}' | '{n,}' | '{n,m}' ) [ '?' ] ] }
 *     atom     := '.' | '^' | '$' | class | group | '\' escape | '\Q' text '\E' | character
 *     group    := '(' choice ')' | '(?:' choice ')' | '(?<name>' choice ')' | '(?flags)' | '(?flags:' choice ')'
 *     flags    := { i | m | s | u | x } [ '-' { i | m | s | u | x } ]
 *
 * Classes are in regex-class.ts. Back-references, look-around, atomic groups, possessive counts, `\G` and `\X` are refused.
 */
import { type CharacterSet, caseless, complement, EVERY, LINE_END, single, VERTICAL_SPACE } from './character-set.ts'
import { Pattern } from './pattern.ts'
import { checkPatternLength, PATTERN_GROUPS_MAX, PATTERN_NESTING_MAX, PatternError } from './pattern-error.ts'
import { NOTHING, type PatternNode, type Place } from './pattern-node.ts'
import { PatternReader } from './pattern-reader.ts'
import { readClass, readEscape } from './regex-class.ts'

/** @throws PatternError when the text is no such expression, or uses what is left out */
export function parseRegex(text: string): Pattern {
  checkPatternLength(text)
  const reader = new RegexReader(text)
  const node = reader.read()
  return new Pattern(node, reader.groups, reader.names)
}

const FLAGS = 'imsux'
const PLACES: Readonly<Record<string, Place>> = { b: 'boundary', B: 'inside', A: 'start', z: 'end', Z: 'last' }
const NO_LINE_END = complement(LINE_END)

class RegexReader {
  readonly names = new Map<string, number>()
  groups = 0
  readonly #in: PatternReader
  /** letters of the flags that hold here */
  #flags = ''
  #nesting = 0

  constructor(text: string) {
    this.#in = new PatternReader(text)
  }

  read(): PatternNode {
    const node = this.#choice()
    if (!this.#in.done) throw new PatternError('")" closes nothing', this.#in.at)
    return node
  }

  #has(flag: string): boolean {
    return this.#flags.includes(flag)
  }

  #choice(): PatternNode {
    const options = [this.#sequence()]
    while (this.#in.take('|')) options.push(this.#sequence())
    return options.length === 1 ? options[0]! : { kind: 'choice', options }
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = []
    for (;;) {
      if (this.#has('x')) this.#skipComments()
      if (this.#in.done || this.#in.is('|') || this.#in.is(')')) break
      if (this.#in.take('\\Q')) {
        items.push(...this.#quoted())
        continue
      }
      items.push(this.#repeated(this.#atom()))
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items }
  }

  /** `(?x)`: blanks and `# ...` mean nothing. */
  #skipComments(): void {
    for (;;) {
      if (this.#in.is('#')) while (!this.#in.done && !LINE_END.has(this.#in.next())) continue
      else if (/^[ \t\n\v\f\r]/.test(this.#in.ahead(1))) this.#in.next()
      else return
    }
  }

  /** `\Q...\E`: every character is itself; a count repeats the last one. */
  #quoted(): PatternNode[] {
    const items: PatternNode[] = []
    while (!this.#in.done && !this.#in.is('\\E')) items.push(this.#literal(this.#in.next()))
    this.#in.take('\\E')
    const last = items.pop()
    if (last !== undefined) items.push(this.#repeated(last))
    return items
  }

  #repeated(item: PatternNode): PatternNode {
    if (this.#has('x')) this.#skipComments()
    const count = this.#in.count()
    if (count === null) {
      if (this.#in.is('{')) throw new PatternError('a count is {n}, {n,} or {n,m}', this.#in.at)
      return item
    }
    const lazy = this.#in.take('?')
    if (this.#in.is('+')) throw new PatternError('possessive counts are not supported', this.#in.at)
    return { kind: 'repeat', item, least: count.least, most: count.most, lazy }
  }

  #atom(): PatternNode {
    const { at } = this.#in
    const point = this.#in.next()
    switch (String.fromCodePoint(point)) {
      case '.':
        return { kind: 'one', set: this.#has('s') ? EVERY : NO_LINE_END }
      case '^':
        return { kind: 'place', place: this.#has('m') ? 'line-start' : 'start' }
      case '$':
        return { kind: 'place', place: this.#has('m') ? 'line-end' : 'last' }
      case '(':
        return this.#group(at)
      case '[':
        return this.#one(readClass(this.#in, this.#flags))
      case '\\':
        return this.#escape(at)
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternError(`"${String.fromCodePoint(point)}" repeats nothing`, at)
      default:
        return this.#literal(point)
    }
  }

  #literal(point: number): PatternNode {
    return this.#one(this.#has('i') ? caseless(single(point), this.#has('u')) : single(point))
  }

  #one(set: CharacterSet): PatternNode {
    return { kind: 'one', set }
  }

  #escape(at: number): PatternNode {
    const letter = this.#in.ahead(1)
    if (Object.hasOwn(PLACES, letter)) {
      this.#in.next()
      return { kind: 'place', place: PLACES[letter]! }
    }
    if (/^[1-9k]$/.test(letter)) throw new PatternError('back-references are not supported', at)
    if (letter === 'R') {
      this.#in.next()
      const pair: PatternNode = { kind: 'sequence', items: [this.#one(single(13)), this.#one(single(10))] }
      return { kind: 'choice', options: [pair, this.#one(VERTICAL_SPACE)] }
    }
    const escaped = readEscape(this.#in, this.#has('i'))
    return typeof escaped === 'number' ? this.#literal(escaped) : this.#one(escaped)
  }

  #group(at: number): PatternNode {
    if (++this.#nesting > PATTERN_NESTING_MAX)
      throw new PatternError(`groups are nested more than ${PATTERN_NESTING_MAX} deep`, at)
    const flags = this.#flags
    let index = 0
    if (!this.#in.take('?')) index = this.#newGroup(at)
    else if (this.#in.is('<') && /^<[A-Za-z]/.test(this.#in.ahead(2))) index = this.#named(at)
    else if (!this.#in.take(':')) {
      if (/^(?:[=!>]|<[=!])/.test(this.#in.ahead(2)))
        throw new PatternError('look-around and atomic groups are not supported', at)
      this.#readFlags(at)
      // `(?i)` holds to the end of the group around it.
      if (this.#in.take(')')) {
        this.#nesting--
        return NOTHING
      }
      if (!this.#in.take(':')) throw new PatternError('flags end in ")" or ":"', this.#in.at)
    }
    const item = this.#choice()
    if (!this.#in.take(')')) throw new PatternError('a "(" is not closed', at)
    this.#flags = flags
    this.#nesting--
    // A sequence of one keeps the group apart from the count behind it.
    return index === 0 ? item : { kind: 'group', index, item }
  }

  #newGroup(at: number): number {
    if (++this.groups > PATTERN_GROUPS_MAX)
      throw new PatternError(
        `there are more than ${PATTERN_GROUPS_MAX} groups; use (?:...) where none is asked for`,
        at,
      )
    return this.groups
  }

  #named(at: number): number {
    const name = /^<([A-Za-z][A-Za-z0-9]{0,127})>/.exec(this.#in.ahead(130))?.[1]
    if (name === undefined) throw new PatternError('the name of a group is letters and digits', at)
    if (this.names.has(name)) throw new PatternError(`a second group has the name ${name}`, at)
    this.#in.take(`<${name}>`)
    const index = this.#newGroup(at)
    this.names.set(name, index)
    return index
  }

  #readFlags(at: number): void {
    let off = false
    while (!this.#in.done && !this.#in.is(')') && !this.#in.is(':')) {
      const letter = String.fromCodePoint(this.#in.next())
      if (letter === '-' && !off) off = true
      else if (!FLAGS.includes(letter))
        throw new PatternError(`"(?${letter}" is not supported; flags are i, m, s, u and x`, at)
      else if (off) this.#flags = this.#flags.replace(letter, '')
      else if (!this.#has(letter)) this.#flags += letter
    }
  }
}
