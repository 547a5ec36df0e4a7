/**
 * FAST_REGEX_LOG_PARSE. The expression is cut into pieces at the edges of its groups, what has a fixed length at the
 * beginning of a piece moves to the end of the one before, and each piece takes the shortest text that it matches, never
 * looking back; the last takes all that is left.
 *
 *     expression := { ( group | item ) }        group := '(' choice ')'
 *     choice := sequence { '|' sequence }       sequence := { atom [ '*' | '+' | '?' | '{n}' | '{n,}' | '{n,m}' ] }
 *     atom := '.' | '@' | '#' | '"' text '"' | '()' | '(' choice ')' | '[' [ '^' ] members ']' | '<' name '>' | '\' character
 *             | character
 *
 * `@` is any text, `()` the empty one and `#` matches nothing at all; `<Alpha>` and its like are the named sets of the AWS SQL
 * reference (FAST_REGEX_LOG_PARSER). `\d` does not exist here; `&`, `~` and intervals such as `<1-31>` are refused.
 */
import { CharacterSet, complement, EVERY, range, single, union } from '../../../core/patterns/character-set.ts'
import { Pattern } from '../../../core/patterns/pattern.ts'
import {
  checkPatternLength,
  PATTERN_GROUPS_MAX,
  PATTERN_NESTING_MAX,
  PATTERN_STEPS_MAX,
  PatternError,
} from '../../../core/patterns/pattern-error.ts'
import type { PatternNode } from '../../../core/patterns/pattern-node.ts'
import { PatternReader } from '../../../core/patterns/pattern-reader.ts'
import { type LogParser, numberedColumns } from './log-parser.ts'

const NO_CHARACTER = new CharacterSet(() => false)
const DIGIT = range(0x30, 0x39)
const UPPER = range(0x41, 0x5a)
const LOWER = range(0x61, 0x7a)
const ALPHA = union([LOWER, UPPER])
const ALNUM = union([ALPHA, DIGIT])
/** The ASCII characters that print and are neither letters nor digits nor a space. */
const PUNCT = new CharacterSet(point => point > 0x20 && point < 0x7f && !ALNUM.has(point))
const PRINT = union([ALNUM, PUNCT])
/** AWS SQL reference, FAST_REGEX_LOG_PARSER, named patterns. As there, Graph is Print, and neither has the space. */
const NAMED_SETS: ReadonlyMap<string, CharacterSet> = new Map([
  ['Digit', DIGIT],
  ['Upper', UPPER],
  ['Lower', LOWER],
  ['ASCII', range(0, 0x7f)],
  ['Alpha', ALPHA],
  ['Alnum', ALNUM],
  ['Punct', PUNCT],
  ['Blank', union([single(0x20), single(0x09)])],
  ['Space', union([single(0x20), range(0x09, 0x0d)])],
  ['Cntrl', union([range(0, 0x1f), single(0x7f)])],
  ['XDigit', union([DIGIT, range(0x61, 0x66), range(0x41, 0x46)])],
  ['Print', PRINT],
  ['Graph', PRINT],
])

interface Piece {
  /** column of a group, or null for what stands between groups */
  readonly column: number | null
  readonly items: PatternNode[]
}

/** A piece to run: what it reads, and the columns that end so many characters before its end, or begin there. */
interface Step {
  readonly pattern: Pattern
  /** edges of groups, in characters before the end of the step */
  readonly edges: readonly { readonly column: number; readonly begins: boolean; readonly back: number }[]
}

/** @throws PatternError for an expression that cannot be used */
export function fastRegexLogParser(text: string): LogParser {
  checkPatternLength(text)
  const pieces = new FastReader(text).read()
  const groups = pieces.filter(piece => piece.column !== null).length
  if (groups === 0) throw new PatternError('it has no group, so that the record would have no column')
  const steps = stepsOf(pieces)
  return { columns: numberedColumns(groups), parse: line => run(steps, groups, line) }
}

function run(steps: readonly Step[], groups: number, text: string): readonly (string | null)[] | null {
  const begins = new Int32Array(groups)
  const ends = new Int32Array(groups)
  let at = 0
  for (const [index, { pattern, edges }] of steps.entries()) {
    pattern.allow(PATTERN_STEPS_MAX)
    const rest = text.slice(at)
    const match = index === steps.length - 1 ? pattern.matchWhole(rest) : pattern.shortest(rest, 0)
    if (match === null) return null
    at += match[1]!
    for (const { column, begins: isBegin, back } of edges) {
      const edges_ = isBegin ? begins : ends
      edges_[column] = stepBack(text, at, back)
    }
  }
  return at < text.length ? null : Array.from(begins, (from, column) => text.slice(from, ends[column]))
}

/** So many code points before an offset. */
function stepBack(text: string, from: number, count: number): number {
  let at = from
  for (let left = count; left > 0; left--) at -= at > 1 && text.codePointAt(at - 2)! > 0xffff ? 2 : 1
  return at
}

/** Pieces to steps: fixed beginnings go to the step before; a piece that is all fixed goes there whole. */
function stepsOf(pieces: readonly Piece[]): readonly Step[] {
  interface Draft {
    readonly items: PatternNode[]
    /** edges in characters behind the first item that came from a later piece, or from the end when none came */
    readonly edges: { column: number; begins: boolean; fixedBefore: number }[]
    fixed: number
  }
  const drafts: Draft[] = [{ items: [], edges: [], fixed: 0 }]
  for (const { column, items } of pieces) {
    let draft = drafts[drafts.length - 1]!
    if (column !== null) draft.edges.push({ column, begins: true, fixedBefore: draft.fixed })
    let index = 0
    for (; index < items.length; index++) {
      const width = widthOf(items[index]!)
      if (width === null) break
      draft.items.push(items[index]!)
      draft.fixed += width
    }
    if (index < items.length) {
      draft = { items: items.slice(index), edges: [], fixed: 0 }
      drafts.push(draft)
    }
    if (column !== null) draft.edges.push({ column, begins: false, fixedBefore: draft.fixed })
  }
  return drafts.map(({ items, edges, fixed }) => ({
    pattern: new Pattern({ kind: 'sequence', items }, 0),
    edges: edges.map(({ column, begins, fixedBefore }) => ({ column, begins, back: fixed - fixedBefore })),
  }))
}

/** Characters that a node always reads, or null where their number varies. */
function widthOf(node: PatternNode): number | null {
  switch (node.kind) {
    case 'one':
      return 1
    case 'sequence': {
      let sum = 0
      for (const item of node.items) {
        const width = widthOf(item)
        if (width === null) return null
        sum += width
      }
      return sum
    }
    case 'choice': {
      const [first, ...others] = node.options.map(widthOf)
      return first === undefined || others.some(width => width !== first) ? null : first
    }
    case 'repeat': {
      const width = node.least === node.most ? widthOf(node.item) : null
      return width === null ? null : width * node.least
    }
    case 'group':
      return widthOf(node.item)
    case 'place':
      return 0
  }
}

/** `x+` is `xx*` (AWS SQL reference, further examples): the part of a fixed length can end the piece before. */
function repeated(item: PatternNode, least: number, most: number): PatternNode {
  const fixed: PatternNode = { kind: 'repeat', item, least, most: least, lazy: false }
  if (least === most) return fixed
  const open: PatternNode = { kind: 'repeat', item, least: 0, most: most - least, lazy: false }
  return least === 0 ? open : { kind: 'sequence', items: [fixed, open] }
}

function inARow(node: PatternNode): readonly PatternNode[] {
  return node.kind === 'sequence' ? node.items : [node]
}

class FastReader {
  readonly #in: PatternReader
  #nesting = 0

  constructor(text: string) {
    this.#in = new PatternReader(text)
  }

  read(): Piece[] {
    const pieces: Piece[] = []
    let columns = 0
    const between = (): PatternNode[] => {
      const last = pieces[pieces.length - 1]
      if (last !== undefined && last.column === null) return last.items
      const piece: Piece = { column: null, items: [] }
      pieces.push(piece)
      return piece.items
    }
    while (!this.#in.done) {
      const { at } = this.#in
      if (this.#in.is('|')) throw new PatternError('"|" between groups has to stand within parentheses', at)
      const isGroup = this.#in.is('(') && !this.#in.is('()')
      const atom = this.#atom()
      const item = this.#counted(atom)
      // A counted group is no field: it would have several values.
      if (!isGroup || item !== atom) between().push(...inARow(item))
      else {
        if (columns === PATTERN_GROUPS_MAX)
          throw new PatternError(`there are more than ${PATTERN_GROUPS_MAX} groups`, at)
        pieces.push({ column: columns++, items: [...inARow(item)] })
      }
    }
    return pieces
  }

  #choice(): PatternNode {
    const options = [this.#sequence()]
    while (this.#in.take('|')) options.push(this.#sequence())
    return options.length === 1 ? options[0]! : { kind: 'choice', options }
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = []
    while (!this.#in.done && !this.#in.is('|') && !this.#in.is(')')) items.push(...inARow(this.#counted(this.#atom())))
    return { kind: 'sequence', items }
  }

  #counted(atom: PatternNode): PatternNode {
    let item = atom
    for (let count = this.#in.count(); count !== null; count = this.#in.count()) {
      if (++this.#nesting > PATTERN_NESTING_MAX)
        throw new PatternError(`more than ${PATTERN_NESTING_MAX} counts and groups`, this.#in.at)
      item = repeated(item, count.least, count.most)
    }
    return item
  }

  #atom(): PatternNode {
    const { at } = this.#in
    if (this.#in.take('()')) return { kind: 'sequence', items: [] }
    if (this.#in.take('(')) {
      if (++this.#nesting > PATTERN_NESTING_MAX)
        throw new PatternError(`more than ${PATTERN_NESTING_MAX} counts and groups`, at)
      const item = this.#choice()
      if (!this.#in.take(')')) throw new PatternError('a "(" is not closed', at)
      return item.kind === 'sequence' ? item : { kind: 'sequence', items: [item] }
    }
    if (this.#in.take('.')) return { kind: 'one', set: EVERY }
    if (this.#in.take('@'))
      return { kind: 'repeat', item: { kind: 'one', set: EVERY }, least: 0, most: Infinity, lazy: false }
    if (this.#in.take('[')) return { kind: 'one', set: this.#class(at) }
    if (this.#in.take('"')) {
      const items: PatternNode[] = []
      while (!this.#in.take('"')) items.push({ kind: 'one', set: single(this.#in.next()) })
      return { kind: 'sequence', items }
    }
    if (this.#in.take('#')) return { kind: 'one', set: NO_CHARACTER }
    if (this.#in.take('<')) return { kind: 'one', set: this.#named(at) }
    if (/^[&~]/.test(this.#in.ahead(1))) throw new PatternError(`"${this.#in.ahead(1)}" is not supported`, at)
    if (/^[*+?{)]/.test(this.#in.ahead(1))) throw new PatternError(`"${this.#in.ahead(1)}" stands alone`, at)
    return { kind: 'one', set: single(this.#character()) }
  }

  #named(open: number): CharacterSet {
    let name = ''
    while (!this.#in.take('>')) {
      if (this.#in.done) throw new PatternError('a "<" is not closed', open)
      name += String.fromCodePoint(this.#in.next())
    }
    const set = NAMED_SETS.get(name)
    if (set !== undefined) return set
    throw new PatternError(`there is no set <${name}>; there are ${[...NAMED_SETS.keys()].join(', ')}`, open)
  }

  #class(open: number): CharacterSet {
    const negated = this.#in.take('^')
    const members: CharacterSet[] = []
    while (members.length === 0 || !this.#in.is(']')) {
      if (this.#in.done) throw new PatternError('a "[" is not closed', open)
      const { at } = this.#in
      const from = this.#character()
      let to = from
      if (this.#in.is('-') && this.#in.ahead(2) !== '-]') {
        this.#in.next()
        to = this.#character()
      }
      if (to < from) throw new PatternError('a range in a class must rise', at)
      members.push(range(from, to))
    }
    this.#in.take(']')
    return negated ? complement(union(members)) : union(members)
  }

  #character(): number {
    this.#in.take('\\')
    return this.#in.next()
  }
}
