/** REGEX_REPLACE: matches put in the place of others, with the replacement language of Java. */
import type { Match, Pattern } from './pattern.ts'
import { PatternError } from './pattern-error.ts'

type Part = string | number

/** A replacement, read once: texts and the numbers of groups. */
export type Replacement = readonly Part[]

/**
 * `$1` and `${name}` are groups, `\c` is c; `$12` is group 12 where there are so many, else group 1 and a 2.
 * @throws PatternError for a group that the pattern has not, or a `$` or `\` without anything behind it
 */
export function parseReplacement(text: string, pattern: Pattern): Replacement {
  const parts: Part[] = []
  let literal = ''
  const group = (index: number): void => {
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(index)
  }
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '\\') {
      if (++at === text.length) throw new PatternError('the replacement ends in a backslash', at - 1)
      literal += text[at]!
    } else if (character !== '$') literal += character
    else {
      const found = /^(?:\{([A-Za-z][A-Za-z0-9]*)\}|(\d))/.exec(text.slice(at + 1, at + 140))
      if (found === null) throw new PatternError('behind "$" the replacement needs a group; a plain "$" is "\\$"', at)
      let index = found[1] === undefined ? Number(found[2]) : pattern.names.get(found[1])
      if (index === undefined || index > pattern.groups)
        throw new PatternError(`the replacement asks for group ${found[1] ?? found[2]}, which the pattern has not`, at)
      at += found[0].length
      for (let digit = text.charCodeAt(at + 1) - 48; found[1] === undefined && digit >= 0 && digit <= 9; ) {
        if (index * 10 + digit > pattern.groups) break
        index = index * 10 + digit
        at++
        digit = text.charCodeAt(at + 1) - 48
      }
      group(index)
    }
  }
  if (literal !== '') parts.push(literal)
  return parts
}

/**
 * The text with its matches replaced.
 * @param from UTF-16 offset at which the search begins
 * @param occurrence 0: every match; k: the k-th only
 */
export function replaceMatches(
  pattern: Pattern,
  text: string,
  replacement: Replacement,
  from: number,
  occurrence: number,
): string {
  if (!pattern.occurs(text)) return text
  let replaced = ''
  let copied = 0
  let count = 0
  for (let at = from; at <= text.length; ) {
    const match = pattern.find(text, at)
    if (match === null) break
    const [start, end] = match as readonly [number, number]
    count++
    if (occurrence === 0 || count === occurrence) {
      replaced += text.slice(copied, start) + expanded(replacement, match, text)
      copied = end
      if (occurrence !== 0) break
    }
    // An empty match moves on by one character, or it would be found for ever.
    at = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1)
  }
  return replaced + text.slice(copied)
}

function expanded(replacement: Replacement, match: Match, text: string): string {
  return replacement
    .map(part =>
      typeof part === 'string'
        ? part
        : text.slice(match[part * 2]! < 0 ? 0 : match[part * 2], Math.max(0, match[part * 2 + 1]!)),
    )
    .join('')
}

/** The UTF-16 offset of a character counted in code points from 0; beyond the end it is past the text's length. */
export function offsetOfCharacter(text: string, index: number): number {
  let at = 0
  for (let left = index; left > 0; left--) {
    if (at >= text.length) return text.length + 1
    at += text.codePointAt(at)! > 0xffff ? 2 : 1
  }
  return at
}
