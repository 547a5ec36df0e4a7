/** Finds the documents in the text of a record: several may follow each other, with or without line ends between them. */
import { DEPTH_MAX } from './path.ts'

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

/** The index of the first character from `at` on that is not blank, or the length of the text. */
export function skipBlanks(text: string, at: number): number {
  while (at < text.length && isBlank(text.charCodeAt(at))) at++
  return at
}

const STRUCTURAL = /["{}[\]]/g
const STRING_END = /["\\]/g

/**
 * Where the document that starts at `start` ends, by its brackets and strings alone; what lies between is not judged.
 * @returns the index after it, or -1 when it does not end
 */
export function documentEnd(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === 34) return stringEnd(text, start)
  if (first !== 123 && first !== 91) {
    // A number or a word: up to a blank or to something that starts another document.
    let at = start + 1
    while (at < text.length && !isBlank(text.charCodeAt(at)) && !'{}[]"'.includes(text[at] ?? '')) at++
    return at
  }
  let depth = 0
  STRUCTURAL.lastIndex = start
  for (let match = STRUCTURAL.exec(text); match !== null; match = STRUCTURAL.exec(text)) {
    switch (match[0]) {
      case '"': {
        const end = stringEnd(text, match.index)
        if (end < 0) return -1
        STRUCTURAL.lastIndex = end
        break
      }
      case '{':
      case '[':
        depth++
        break
      default:
        if (--depth === 0) return match.index + 1
    }
  }
  return -1
}

/**
 * Where the string whose quote stands at `start` ends.
 * @returns the index after it, or -1 when it does not end
 */
export function stringEnd(text: string, start: number): number {
  STRING_END.lastIndex = start + 1
  for (let match = STRING_END.exec(text); match !== null; match = STRING_END.exec(text)) {
    if (match[0] === '"') return match.index + 1
    STRING_END.lastIndex = match.index + 2
  }
  return -1
}

/**
 * Where to go on after a broken document: where its brackets close, or at the next line that starts with one, whichever is first;
 * after words that are no JSON, at the next bracket or the next line.
 * @returns the length of the text when there is nothing to go on with
 */
export function nextDocument(text: string, brokenStart: number): number {
  if (!'{["'.includes(text.charAt(brokenStart))) {
    const after = text.slice(brokenStart + 1).search(/[{[\n]/)
    return after < 0 ? text.length : brokenStart + 1 + after
  }
  const end = documentEnd(text, brokenStart)
  const line = /\n[{[]/g
  line.lastIndex = brokenStart
  const next = line.exec(text)?.index ?? -1
  if (next >= 0 && (end < 0 || next < end)) return next + 1
  return end < 0 ? text.length : end
}

/** True when brackets nest deeper than DEPTH_MAX. Most documents open so few that counting them is enough. */
export function nestsTooDeep(text: string): boolean {
  let opened = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0 && opened <= DEPTH_MAX; at = text.indexOf(bracket, at + 1)) opened++
  }
  if (opened <= DEPTH_MAX) return false
  let depth = 0
  STRUCTURAL.lastIndex = 0
  for (let match = STRUCTURAL.exec(text); match !== null; match = STRUCTURAL.exec(text)) {
    if (match[0] === '"') {
      const end = stringEnd(text, match.index)
      if (end < 0) return false // no document at all: JSON.parse says so
      STRUCTURAL.lastIndex = end
    } else if (match[0] === '{' || match[0] === '[') {
      if (++depth > DEPTH_MAX) return true
    } else depth--
  }
  return false
}
