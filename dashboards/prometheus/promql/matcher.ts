/** Matchers of labels. */
import type { Matcher } from './ast.ts'
import { regexOf } from './regex.ts'

/**
 * A matcher; regular expressions match the whole value, and `.` matches line ends, as in Prometheus.
 * @throws PatternError for what is no regular expression
 */
export function matcherOf(name: string, op: Matcher['op'], value: string): Matcher {
  if (op === '=') return { name, op, value, matches: text => text === value }
  if (op === '!=') return { name, op, value, matches: text => text !== value }
  const pattern = regexOf(value)
  return { name, op, value, matches: op === '=~' ? text => pattern.matches(text) : text => !pattern.matches(text) }
}
