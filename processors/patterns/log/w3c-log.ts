/** W3C_LOG_PARSE: lines of web servers, by a named format or an Apache LogFormat string. One column for each specifier. */
import { checkPatternLength, PatternError } from '../../../core/patterns/pattern-error.ts'
import { LOG_COLUMNS_MAX, type LogParser, numberedColumns } from './log-parser.ts'

/** AWS SQL reference, W3C_LOG_PARSE; the IIS format, which it does not spell out, is Microsoft's own with commas. */
const FORMATS: Readonly<Record<string, string>> = {
  COMMON: '%h %l %u %t "%r" %>s %b',
  'COMMON WITH VHOST': '%v %h %l %u %t "%r" %>s %b',
  'NCSA EXTENDED': '%h %l %u %t "%r" %>s %b "%[Referer]i" "%[User-agent]i"',
  REFERER: '%[Referer]i ---> %U',
  AGENT: '%[User-agent]i',
}
/**
 * IIS: client, user, date, time, service, server name, server address, milliseconds, bytes received, bytes sent, status,
 * Windows status, method, target, parameters; a comma ends the line.
 */
const IIS_FIELDS = 15

/** `%...` with conditions, `<` or `>`, and a name in brackets or braces. */
const SPECIFIER = /^%(?:!?\d{3}(?:,\d{3})*)?[<>]?(?:\[([^\]]*)\]|\{([^}]*)\})?([A-Za-z])/
const LETTERS = 'aAbBCDefhHiIklLmnopPqrRsStTuUvVXO'

type Token = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'field'; readonly letter: string }

/** @throws PatternError for a format without a specifier, or with an unknown one */
export function w3cLogParser(format: string): LogParser {
  checkPatternLength(format)
  const name = format.trim().toUpperCase().replace(/\s+/g, ' ')
  if (name === 'IIS') return { columns: numberedColumns(IIS_FIELDS), parse: parseIis }
  const tokens = tokensOf(Object.hasOwn(FORMATS, name) ? (FORMATS[name] ?? '') : format)
  const count = tokens.filter(token => token.kind === 'field').length
  if (count === 0) throw new PatternError('it has no specifier such as %h, and is no named format')
  if (count > LOG_COLUMNS_MAX) throw new PatternError(`it has more than ${LOG_COLUMNS_MAX} specifiers`)
  tokens.forEach((token, index) => {
    if (token.kind === 'field' && tokens[index + 1]?.kind === 'field')
      throw new PatternError('two specifiers need something between them')
  })
  return { columns: numberedColumns(count), parse: text => parseTokens(tokens, text) }
}

function tokensOf(format: string): Token[] {
  const tokens: Token[] = []
  let text = ''
  const flush = (): void => {
    if (text !== '') tokens.push({ kind: 'text', text })
    text = ''
  }
  for (let at = 0; at < format.length; ) {
    if (format[at] !== '%') {
      // Configuration files write \" within quotes.
      if (format[at] === '\\' && format[at + 1] === '"') at++
      text += format[at++]!
    } else if (format[at + 1] === '%') {
      text += '%'
      at += 2
    } else {
      const found = SPECIFIER.exec(format.slice(at, at + 300))
      const letter = found?.[3] ?? ''
      if (found === null || !LETTERS.includes(letter))
        throw new PatternError(`"${format.slice(at, at + 8)}" is no specifier`, at)
      flush()
      tokens.push({ kind: 'field', letter })
      at += found[0].length
    }
  }
  flush()
  return tokens
}

function parseTokens(tokens: readonly Token[], text: string): readonly string[] | null {
  const fields: string[] = []
  let at = 0
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'text') {
      if (!text.startsWith(token.text, at)) return null
      at += token.text.length
      continue
    }
    const before = tokens[index - 1]
    const after = tokens[index + 1]
    const end = fieldEnd(
      text,
      at,
      token.letter,
      before?.kind === 'text' && before.text.endsWith('"'),
      after?.kind === 'text' ? after.text : null,
      index + 2 === tokens.length,
    )
    if (end < 0) return null
    fields.push(text.slice(at, end))
    at = end
  }
  // A line end that the source left there is no part of the line.
  return at >= lineEnd(text) ? fields : null
}

/** Where a field ends, or -1 where what has to follow does not come. `after` is what stands behind it, `last` says that nothing more does. */
function fieldEnd(
  text: string,
  at: number,
  letter: string,
  quoted: boolean,
  after: string | null,
  last: boolean,
): number {
  // The time keeps its brackets, and has blanks within them.
  if (letter === 't' && text[at] === '[') {
    const close = text.indexOf(']', at)
    return close < 0 ? -1 : close + 1
  }
  if (after === null) return Math.max(at, lineEnd(text))
  if (!quoted || !after.startsWith('"')) return text.indexOf(after, at)
  const end = lineEnd(text)
  for (let i = at; i < text.length; i++) {
    if (text[i] === '\\') i++
    // Servers do not escape every quote: one that is not followed as the format says belongs to the field.
    else if (text.startsWith(after, i) && (!last || i + after.length >= end)) return i
  }
  return -1
}

/** The offset behind the last character that is no line end. */
function lineEnd(text: string): number {
  let end = text.length
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end--
  return end
}

function parseIis(text: string): readonly string[] | null {
  const fields = text
    .trimEnd()
    .replace(/,$/, '')
    .split(',')
    .map(field => field.trim())
  return fields.length === IIS_FIELDS ? fields : null
}
