/** The places that patterns ask for (line starts, word ends ...), over a text and an offset into it. */
import { isWordPoint, LINE_END } from './character-set.ts'
import type { Place } from './pattern-node.ts'

/** The places that hold at an offset, one bit each, in the order of `places`. */
export function placesAt(places: readonly Place[], text: string, at: number): number {
  let held = 0
  for (let i = 0; i < places.length; i++) if (holds(places[i]!, text, at)) held |= 1 << i
  return held
}

function holds(place: Place, text: string, at: number): boolean {
  switch (place) {
    case 'start':
      return at === 0
    case 'end':
      return at === text.length
    case 'last':
      return isLast(text, at)
    case 'line-start':
      // Java: the end of the text begins no line, not even behind a line end.
      return at < text.length && (at === 0 || (LINE_END.has(text.charCodeAt(at - 1)) && !splitsLineEnd(text, at)))
    case 'line-end':
      return at === text.length || (LINE_END.has(text.charCodeAt(at)) && !splitsLineEnd(text, at))
    case 'boundary':
      return isWordBefore(text, at) !== isWordAfter(text, at)
    case 'inside':
      return isWordBefore(text, at) === isWordAfter(text, at)
  }
}

function isLast(text: string, at: number): boolean {
  const left = text.length - at
  if (left === 0) return true
  if (left === 1) return LINE_END.has(text.charCodeAt(at)) && !splitsLineEnd(text, at)
  return left === 2 && text.charCodeAt(at) === 13 && text.charCodeAt(at + 1) === 10
}

/** Carriage return and line feed end one line. */
function splitsLineEnd(text: string, at: number): boolean {
  return at > 0 && text.charCodeAt(at - 1) === 13 && text.charCodeAt(at) === 10
}

function isWordBefore(text: string, at: number): boolean {
  if (at === 0) return false
  const unit = text.charCodeAt(at - 1)
  const pair = unit >= 0xdc00 && unit <= 0xdfff && at > 1 ? (text.codePointAt(at - 2) ?? 0) : 0
  return isWordPoint(pair > 0xffff ? pair : unit)
}

function isWordAfter(text: string, at: number): boolean {
  return at < text.length && isWordPoint(text.codePointAt(at) ?? 0)
}
