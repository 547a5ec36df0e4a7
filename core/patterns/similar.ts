/** SQL regular expressions (SIMILAR TO): `_ % | * + ? {n} {n,m} ( ) [abc] [^abc] [a-e] [a-e^c]`, over the whole text. */
import { type CharacterSet, complement, EVERY, intersection, range, single, union } from './character-set.ts'
import { Pattern } from './pattern.ts'
import { checkPatternLength, PATTERN_NESTING_MAX, PatternError } from './pattern-error.ts'
import type { PatternNode } from './pattern-node.ts'
import { PatternReader } from './pattern-reader.ts'

const ANY: PatternNode = { kind: 'one', set: EVERY }

/**
 * @param escape one character, or null
 * @throws PatternError when the text is no such pattern
 */
export function parseSimilar(text: string, escape: string | null): Pattern {
  checkPatternLength(text)
  return new Pattern(new SimilarReader(text, escape, false).read(), 0)
}

/**
 * SUBSTRING(s SIMILAR p ESCAPE c): three parts between c and a double quote. Group 1 of a match of the whole text is the
 * middle; the first part is as short as it can be.
 * @throws PatternError when the text is no such pattern
 */
export function parseSimilarParts(text: string, escape: string): Pattern {
  checkPatternLength(text)
  const parts = partsOf(text, escape)
  if (parts.length !== 3) throw new PatternError(`it must have three parts, cut by ${escape}" twice`)
  const [before, middle, after] = parts.map((part, index) => new SimilarReader(part, escape, index === 0).read())
  return new Pattern({ kind: 'sequence', items: [before!, { kind: 'group', index: 1, item: middle! }, after!] }, 1)
}

/** Cuts at escape and quote; an escaped escape is no cut. */
function partsOf(text: string, escape: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (!text.startsWith(escape, at)) continue
    if (text[at + escape.length] === '"') {
      parts.push(text.slice(from, at))
      from = at + escape.length + 1
    }
    at += escape.length
  }
  parts.push(text.slice(from))
  return parts
}

class SimilarReader {
  readonly #in: PatternReader
  readonly #escape: string | null
  readonly #lazy: boolean
  #nesting = 0

  constructor(text: string, escape: string | null, lazy: boolean) {
    if (escape !== null && Array.from(escape).length !== 1) throw new PatternError('ESCAPE is one character')
    this.#in = new PatternReader(text)
    this.#escape = escape
    this.#lazy = lazy
  }

  read(): PatternNode {
    const node = this.#choice()
    if (!this.#in.done) throw new PatternError('")" closes nothing', this.#in.at)
    return node
  }

  #choice(): PatternNode {
    const options: PatternNode[] = []
    do {
      const items: PatternNode[] = []
      while (!this.#in.done && (this.#escaping() || !(this.#in.is('|') || this.#in.is(')'))))
        items.push(this.#repeated())
      options.push({ kind: 'sequence', items })
    } while (this.#in.take('|'))
    return options.length === 1 ? options[0]! : { kind: 'choice', options }
  }

  #repeated(): PatternNode {
    let item = this.#atom()
    for (;;) {
      const count = this.#escaping() ? null : this.#in.count()
      if (count === null) return item
      if (++this.#nesting > PATTERN_NESTING_MAX)
        throw new PatternError(`more than ${PATTERN_NESTING_MAX} counts and groups lie within each other`, this.#in.at)
      item = { kind: 'repeat', item, least: count.least, most: count.most, lazy: this.#lazy }
    }
  }

  #atom(): PatternNode {
    const { at } = this.#in
    if (this.#escaping()) return { kind: 'one', set: single(this.#point()) }
    if (this.#in.take('_')) return ANY
    if (this.#in.take('%')) return { kind: 'repeat', item: ANY, least: 0, most: Infinity, lazy: this.#lazy }
    if (this.#in.take('(')) {
      if (++this.#nesting > PATTERN_NESTING_MAX)
        throw new PatternError(`more than ${PATTERN_NESTING_MAX} counts and groups lie within each other`, at)
      const item = this.#choice()
      if (!this.#in.take(')')) throw new PatternError('a "(" is not closed', at)
      return item
    }
    if (this.#in.take('[')) return { kind: 'one', set: this.#class(at) }
    if (/^[*+?{]/.test(this.#in.ahead(1))) throw new PatternError(`"${this.#in.ahead(1)}" repeats nothing`, at)
    return { kind: 'one', set: single(this.#point()) }
  }

  /** `[a-e^c]`: what stands behind the caret is taken away. */
  #class(open: number): CharacterSet {
    const taken: CharacterSet[] = []
    let left: CharacterSet[] | null = null
    while (this.#escaping() || !this.#in.is(']')) {
      if (this.#in.done) throw new PatternError('a "[" is not closed', open)
      if (!this.#escaping() && this.#in.take('^')) {
        left ??= []
        continue
      }
      const { at } = this.#in
      const from = this.#point()
      let to = from
      if (this.#in.is('-') && this.#in.ahead(2) !== '-]') {
        this.#in.next()
        to = this.#point()
      }
      if (to < from) throw new PatternError('a range in a class must rise', at)
      const members = left ?? taken
      members.push(range(from, to))
    }
    this.#in.take(']')
    const all = taken.length === 0 ? EVERY : union(taken)
    if (left === null) return taken.length === 0 ? complement(EVERY) : all
    return left.length === 0 ? all : intersection(all, complement(union(left)))
  }

  #escaping(): boolean {
    return this.#escape !== null && this.#in.is(this.#escape)
  }

  /** One code point, unescaped. */
  #point(): number {
    if (this.#escape !== null) this.#in.take(this.#escape)
    return this.#in.next()
  }
}
