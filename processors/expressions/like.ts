/**
 * LIKE in linear time. A pattern is cut at its `%` into pieces; the first and the last are fixed to the ends, every other
 * is taken at its first fit, which never costs a later one its place.
 */

import { PATTERN_LENGTH_MAX } from '../../core/patterns/pattern-error.ts'

/** One pattern element: a code point that must be there, or any one. */
type Element = number | null

export interface LikePattern {
  /** pieces between `%`, in order; one piece alone must be the whole text */
  readonly pieces: readonly (readonly Element[])[]
  /** how each piece is found where it may stand anywhere */
  readonly finders: readonly Finder[]
}

/** The first place from `at` where a piece fits and ends at `end` or before, or -1. */
type Finder = (points: readonly number[], at: number, end: number) => number

/**
 * @param escape one character, or null
 * @returns a sentence in place of a pattern that means nothing
 */
export function parseLike(pattern: string, escape: string | null): LikePattern | string {
  const escapePoint = escape === null ? undefined : escape.codePointAt(0)
  if (pattern.length > PATTERN_LENGTH_MAX) return `it is longer than ${PATTERN_LENGTH_MAX} characters`
  if (escape !== null && Array.from(escape).length !== 1) return 'ESCAPE is one character'
  const pieces: Element[][] = [[]]
  const points = Array.from(pattern).map(character => character.codePointAt(0)!)
  for (let i = 0; i < points.length; i++) {
    const point = points[i]!
    const last = pieces[pieces.length - 1]!
    if (point === escapePoint) {
      const next = points[++i]
      if (next !== PERCENT && next !== UNDERSCORE && next !== escapePoint) return 'ESCAPE stands before %, _ or itself'
      last.push(next ?? null)
    } else if (point === PERCENT) pieces.push([])
    else last.push(point === UNDERSCORE ? null : point)
  }
  // Runs of % are one.
  const kept = pieces.filter((piece, index) => piece.length > 0 || index === 0 || index === pieces.length - 1)
  return { pieces: kept, finders: kept.map(finderOf) }
}

const PERCENT = 0x25
const UNDERSCORE = 0x5f

export function matchesLike({ pieces, finders }: LikePattern, text: string): boolean {
  const points = codePoints(text)
  const first = pieces[0]!
  if (pieces.length === 1) return points.length === first.length && fits(first, points, 0)
  const last = pieces[pieces.length - 1]!
  const end = points.length - last.length
  if (end < first.length || !fits(first, points, 0) || !fits(last, points, end)) return false
  let at = first.length
  for (let i = 1; i < pieces.length - 1; i++) {
    at = finders[i]!(points, at, end)
    if (at < 0) return false
    at += pieces[i]!.length
  }
  return true
}

function codePoints(text: string): number[] {
  const points: number[] = []
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!
    if (point > 0xffff) i++
    points.push(point)
  }
  return points
}

function fits(piece: readonly Element[], points: readonly number[], at: number): boolean {
  for (let i = 0; i < piece.length; i++) if (piece[i] !== null && piece[i] !== points[at + i]) return false
  return true
}

function finderOf(piece: readonly Element[]): Finder {
  return piece.includes(null) ? maskedFinder(piece) : plainFinder(piece as readonly number[])
}

/** Without `_` no place of the text is looked at twice (Knuth, Morris and Pratt). */
function plainFinder(piece: readonly number[]): Finder {
  // The length of the longest proper border of each beginning.
  const borders = new Int32Array(piece.length)
  for (let i = 1, border = 0; i < piece.length; i++) {
    while (border > 0 && piece[i] !== piece[border]) border = borders[border - 1]!
    if (piece[i] === piece[border]) border++
    borders[i] = border
  }
  return (points, at, end) => {
    for (let i = at, matched = 0; i < end; i++) {
      while (matched > 0 && points[i] !== piece[matched]) matched = borders[matched - 1]!
      if (points[i] === piece[matched]) matched++
      if (matched === piece.length) return i + 1 - matched
    }
    return -1
  }
}

const WORD = 32

/**
 * With `_` the beginnings that fit so far are bits (Baeza-Yates and Gonnet), so that a character costs a word for every 32
 * elements and never a walk over the piece: a bounded piece keeps the search linear.
 */
function maskedFinder(piece: readonly Element[]): Finder {
  const words = Math.ceil(piece.length / WORD)
  const anything = new Int32Array(words)
  piece.forEach((element, i) => {
    if (element === null) anything[i >> 5]! |= 1 << (i & 31)
  })
  const masks = new Map<number, Int32Array>()
  piece.forEach((element, i) => {
    if (element === null) return
    let mask = masks.get(element)
    if (mask === undefined) masks.set(element, (mask = anything.slice()))
    mask[i >> 5]! |= 1 << (i & 31)
  })
  const last = 1 << ((piece.length - 1) & 31)
  return (points, at, end) => {
    const fitting = new Int32Array(words)
    for (let i = at; i < end; i++) {
      const mask = masks.get(points[i]!) ?? anything
      let carry = 1
      for (let word = 0; word < words; word++) {
        const bits = fitting[word]!
        fitting[word] = ((bits << 1) | carry) & mask[word]!
        carry = bits >>> 31
      }
      if ((fitting[words - 1]! & last) !== 0) return i + 1 - piece.length
    }
    return -1
  }
}
