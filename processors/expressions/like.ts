/**
 * LIKE in linear time. A pattern is cut at its `%` into pieces; the first and the last are fixed to the ends, every other
 * is taken at its first fit, which never costs a later one its place.
 */

import { PATTERN_LENGTH_MAX } from '../patterns/pattern-error.ts'

/** One pattern element: a code point that must be there, or any one. */
type Element = number | null

export interface LikePattern {
  /** pieces between `%`, in order; one piece alone must be the whole text */
  readonly pieces: readonly (readonly Element[])[]
  /** for each piece without `_`: the length of the longest proper border of each of its beginnings; else null */
  readonly borders: readonly (Int32Array | null)[]
}

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
  return { pieces: kept, borders: kept.map(bordersOf) }
}

const PERCENT = 0x25
const UNDERSCORE = 0x5f

export function matchesLike({ pieces, borders }: LikePattern, text: string): boolean {
  const points = codePoints(text)
  const first = pieces[0]!
  if (pieces.length === 1) return points.length === first.length && fits(first, points, 0)
  const last = pieces[pieces.length - 1]!
  const end = points.length - last.length
  if (end < first.length || !fits(first, points, 0) || !fits(last, points, end)) return false
  let at = first.length
  for (let i = 1; i < pieces.length - 1; i++) {
    at = find(pieces[i]!, borders[i] ?? null, points, at, end)
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

function bordersOf(piece: readonly Element[]): Int32Array | null {
  if (piece.includes(null)) return null
  const borders = new Int32Array(piece.length)
  for (let i = 1, border = 0; i < piece.length; i++) {
    while (border > 0 && piece[i] !== piece[border]) border = borders[border - 1]!
    if (piece[i] === piece[border]) border++
    borders[i] = border
  }
  return borders
}

/**
 * The first place from `at` where a piece fits and ends at `end` or before, or -1. Without `_` no place of the text is
 * looked at twice (Knuth, Morris and Pratt); with it each place costs at most the piece, whose length is bounded.
 */
function find(
  piece: readonly Element[],
  borders: Int32Array | null,
  points: readonly number[],
  at: number,
  end: number,
): number {
  if (borders === null) {
    for (let start = at; start + piece.length <= end; start++) if (fits(piece, points, start)) return start
    return -1
  }
  for (let i = at, matched = 0; i < end; i++) {
    while (matched > 0 && points[i] !== piece[matched]) matched = borders[matched - 1]!
    if (points[i] === piece[matched]) matched++
    if (matched === piece.length) return i + 1 - matched
  }
  return -1
}
