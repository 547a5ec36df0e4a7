/** Numbers, durations and texts as PromQL writes them. */

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/
const UNITS_MS = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1]

/** Milliseconds of `1h30m`; null where the text is no duration. A year has 365 days, a week 7. */
export function durationMs(text: string): number | null {
  const match = text === '' ? null : DURATION.exec(text)
  if (match === null) return null
  let sum = 0
  UNITS_MS.forEach((unit, index) => {
    sum += Number(match[index + 1] ?? 0) * unit
  })
  return sum
}

/** The value of a number or of a duration, which counts in seconds: `0x1f`, `010` (octal, as in Go), `1_000`, `1e3`, `Inf`, `5m`. */
export function numberOf(text: string): number {
  const lower = text.toLowerCase()
  if (lower === 'inf') return Number.POSITIVE_INFINITY
  if (lower === 'nan') return Number.NaN
  const plain = lower.replaceAll('_', '')
  if (/^0[0-7]+$/.test(plain)) return Number.parseInt(plain, 8)
  const number = Number(plain)
  if (!Number.isNaN(number)) return number
  return (durationMs(lower) ?? Number.NaN) / 1_000
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
}

/**
 * A quoted text with the escapes of Go: what stands between backquotes is taken as it is.
 * @returns the text, or the sentence that says what is wrong with it
 */
export function textOf(quoted: string): { readonly text: string } | { readonly wrong: string } {
  if (!isClosed(quoted)) return { wrong: 'this text has no closing quote' }
  const quote = quoted.charAt(0)
  const inner = quoted.slice(1, -1)
  if (quote === '`') return { text: inner }
  let wrong = ''
  const text = inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]))/g,
    (whole, hex: string, short: string, long: string, octal: string, letter: string) => {
      if (letter !== undefined) {
        const escaped = ESCAPES[letter]
        if (escaped === undefined || (letter !== quote && (letter === '"' || letter === "'")))
          wrong = `\\${letter} is no escape; write \\\\ for a backslash`
        return escaped ?? whole
      }
      const point = octal === undefined ? Number.parseInt(hex ?? short ?? long, 16) : Number.parseInt(octal, 8)
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) || (octal !== undefined && point > 255)) {
        wrong = `${whole} is no character`
        return whole
      }
      return String.fromCodePoint(point)
    },
  )
  return wrong === '' ? { text } : { wrong }
}

/** Whether a text ends with the quote that it begins with. */
export function isClosed(quoted: string): boolean {
  const quote = quoted.charAt(0)
  if (quoted.length < 2 || quoted.at(-1) !== quote) return false
  return quote === '`' || !/(?:^|[^\\])(?:\\\\)*\\$/.test(quoted.slice(1, -1))
}
