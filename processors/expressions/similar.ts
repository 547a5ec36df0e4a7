/** SQL regular expressions (SIMILAR TO): `_ % | * + ? {n} {n,m} ( ) [abc] [^abc] [a-e] [a-e^c]`, over the whole text. */
import { PATTERN_LENGTH_MAX, Pattern, PatternError, type PatternNode } from './pattern.ts'
import { countAt } from './regex.ts'

const ANY: PatternNode = { kind: 'one', accepts: () => true }

/**
 * @param escape one character, or null
 * @throws PatternError when the text is no such pattern
 */
export function parseSimilar(text: string, escape: string | null): Pattern {
  return new Pattern(new SimilarReader(text, escape, false).read(), 0)
}

/** SUBSTRING(s SIMILAR p ESCAPE c): three parts between c and a double quote; group 1 is the middle, the first part is as short as it can be. */
export function parseSimilarParts(text: string, escape: string): Pattern {
  const parts = text.split(`${escape}"`)
  if (parts.length !== 3) throw new PatternError(`it must have three parts, cut by ${escape}" twice`)
  const [before, middle, after] = parts.map((part, index) => new SimilarReader(part, escape, index === 0).read())
  return new Pattern({ kind: 'sequence', items: [before!, { kind: 'group', index: 1, item: middle! }, after!] }, 1)
}

class SimilarReader {
  readonly #text: string
  readonly #escape: string | null
  readonly #lazy: boolean
  #at = 0

  constructor(text: string, escape: string | null, lazy: boolean) {
    if (text.length > PATTERN_LENGTH_MAX) throw new PatternError(`it is longer than ${PATTERN_LENGTH_MAX} characters`)
    if (escape !== null && Array.from(escape).length !== 1) throw new PatternError('ESCAPE is one character')
    this.#text = text
    this.#escape = escape
    this.#lazy = lazy
  }

  read(): PatternNode {
    const node = this.#choice()
    if (this.#at < this.#text.length) throw new PatternError(`")" at character ${this.#at + 1} closes nothing`)
    return node
  }

  #choice(): PatternNode {
    const options: PatternNode[] = []
    do {
      const items: PatternNode[] = []
      while (this.#at < this.#text.length && (this.#escaping() || !'|)'.includes(this.#text[this.#at]!)))
        items.push(this.#repeated())
      options.push({ kind: 'sequence', items })
    } while (this.#take('|'))
    return options.length === 1 ? options[0]! : { kind: 'choice', options }
  }

  #repeated(): PatternNode {
    let item = this.#atom()
    for (;;) {
      if (this.#escaping()) return item
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
      item = { kind: 'repeat', item, least, most, lazy: this.#lazy }
    }
  }

  #atom(): PatternNode {
    if (this.#escaping()) {
      const point = this.#point()
      return { kind: 'one', accepts: other => other === point }
    }
    switch (this.#text[this.#at]) {
      case '_':
        this.#at++
        return ANY
      case '%':
        this.#at++
        return { kind: 'repeat', item: ANY, least: 0, most: Infinity, lazy: this.#lazy }
      case '(': {
        this.#at++
        const item = this.#choice()
        if (!this.#take(')')) throw new PatternError('a "(" is not closed')
        return item
      }
      case '[':
        this.#at++
        return { kind: 'one', accepts: this.#class() }
      case '*':
      case '+':
      case '?':
        throw new PatternError(`"${this.#text[this.#at]}" at character ${this.#at + 1} repeats nothing`)
      default: {
        const point = this.#point()
        return { kind: 'one', accepts: other => other === point }
      }
    }
  }

  /** `[a-e^c]`: what stands behind the caret is taken away. */
  #class(): (point: number) => boolean {
    const taken: [number, number][] = []
    const left: [number, number][] = []
    let ranges = taken
    let began = false
    while (this.#escaping() || this.#text[this.#at] !== ']') {
      if (this.#at >= this.#text.length) throw new PatternError('a "[" is not closed')
      if (!this.#escaping() && this.#text[this.#at] === '^') {
        this.#at++
        ranges = left
        continue
      }
      if (ranges === taken) began = true
      const from = this.#point()
      let to = from
      if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']') {
        this.#at++
        to = this.#point()
      }
      if (to < from) throw new PatternError('a range in a class must rise')
      ranges.push([from, to])
    }
    this.#at++
    const within = (point: number, among: readonly [number, number][]): boolean =>
      among.some(([from, to]) => point >= from && point <= to)
    return point => (!began || within(point, taken)) && !within(point, left)
  }

  #escaping(): boolean {
    return this.#escape !== null && this.#text.startsWith(this.#escape, this.#at)
  }

  /** One code point, unescaped. */
  #point(): number {
    if (this.#escaping()) this.#at += this.#escape!.length
    const point = this.#text.codePointAt(this.#at)
    if (point === undefined) throw new PatternError('it ends too early')
    this.#at += point > 0xffff ? 2 : 1
    return point
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }
}
