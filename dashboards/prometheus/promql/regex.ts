/** Regular expressions as Prometheus writes them (RE2), on the pattern machine that reads Java's. */

import type { Pattern } from '../../../core/patterns/pattern.ts'
import { PATTERN_STEPS_MAX } from '../../../core/patterns/pattern-error.ts'
import { parseRegex } from '../../../core/patterns/regex.ts'

const POSIX: Readonly<Record<string, string>> = {
  alnum: 'Alnum',
  alpha: 'Alpha',
  ascii: 'ASCII',
  blank: 'Blank',
  cntrl: 'Cntrl',
  digit: 'Digit',
  graph: 'Graph',
  lower: 'Lower',
  print: 'Print',
  punct: 'Punct',
  space: 'Space',
  upper: 'Upper',
  xdigit: 'XDigit',
}

/**
 * `.` matches line ends. Named groups lose their P, and `[:alpha:]` becomes a class of Java's. All matches of one pattern together may take
 * PATTERN_STEPS_MAX steps.
 * @throws PatternError for what is no regular expression; later, where it runs, PatternTooCostly
 */
export function regexOf(text: string): Pattern {
  const java = text.replaceAll('(?P<', '(?<').replace(/\[:(\^?)([a-z]+):\]/g, (whole, not: string, name: string) => {
    if (name === 'word') return not === '' ? '\\w' : '\\W'
    return Object.hasOwn(POSIX, name) ? `\\${not === '' ? 'p' : 'P'}{${POSIX[name]}}` : whole
  })
  const pattern = parseRegex(`(?s:${java})`)
  pattern.allow(PATTERN_STEPS_MAX)
  return pattern
}
