/**
 * The keys that a MetadataExtraction query yields, read from its text: Firehose takes one object constructor.
 *
 *   query = "{" entry { "," entry } "}"     entry = key [ ":" value ]     key = name | "$"name | string | "(" ... ")"
 *
 * Only the outline is read; whether values compile is for jq to say.
 */

/** Firehose guide: keys of one query. */
export const QUERY_KEYS_MAX = 50

/** The keys in order, or a sentence saying why they cannot be told. */
export function queryKeysOf(query: string): readonly string[] | string {
  const text = query.trim()
  if (!text.startsWith('{')) return 'it must be one object constructor, such as {customer: .customer_id}'
  const keys: string[] = []
  const open: string[] = []
  let entry = ''
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"') {
      const end = stringEnd(text, at)
      if (end < 0) return 'a string is not closed'
      entry += text.slice(at, end)
      at = end - 1
      continue
    }
    const closes = { '{': '}', '[': ']', '(': ')' }[character]
    if (closes !== undefined) open.push(closes)
    else if ('}])'.includes(character) && open.pop() !== character)
      return `"${character}" at character ${at + 1} closes nothing`
    const ends = open.length === 0 || (open.length === 1 && character === ',')
    if (!ends) {
      if (open.length > 1 || closes === undefined) entry += character
      continue
    }
    const key = keyOf(entry.trim())
    if (key === null) return `"${entry.trim().slice(0, 40)}" has a key that only a record can tell; write it out`
    if (entry.trim() !== '' || character === ',') keys.push(key)
    entry = ''
    if (open.length === 0) {
      const rest = text.slice(at + 1).trim()
      return rest === '' ? keys : `"${rest.slice(0, 40)}" stands after the object; put all of it into the object`
    }
  }
  return 'the object is not closed'
}

/** Past the closing quote; interpolations hold strings of their own. -1 when it does not close. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1
    if (text[at] !== '\\') continue
    at++
    if (text[at] !== '(') continue
    for (let depth = 1; depth > 0; ) {
      at++
      if (at >= text.length) return -1
      if (text[at] === '(') depth++
      else if (text[at] === ')') depth--
      else if (text[at] === '"') {
        const end = stringEnd(text, at)
        if (end < 0) return -1
        at = end - 1
      }
    }
  }
  return -1
}

function keyOf(entry: string): string | null {
  const named = /^\$?([A-Za-z_][A-Za-z0-9_]*)\s*(:|$)/.exec(entry)
  if (named?.[1] !== undefined) return named[1]
  const quoted = /^("(?:[^"\\]|\\[^(])*")\s*(:|$)/.exec(entry)
  if (quoted?.[1] === undefined) return entry === '' ? '' : null
  try {
    return String(JSON.parse(quoted[1]))
  } catch {
    return null
  }
}
