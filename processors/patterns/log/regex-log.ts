/** REGEX_LOG_PARSE: a Java regular expression over the whole text, one column for each group. */
import { PATTERN_STEPS_MAX, PatternError } from '../../../core/patterns/pattern-error.ts'
import { parseRegex } from '../../../core/patterns/regex.ts'
import { parseColumnList } from './column-list.ts'
import { type LogParser, numberedColumns } from './log-parser.ts'

/**
 * @param list names and types for the groups in their order, or null
 * @throws PatternError for an expression that cannot be used, or a list of another length
 */
export function regexLogParser(regex: string, list: string | null): LogParser {
  const pattern = parseRegex(regex)
  if (pattern.groups === 0) throw new PatternError('it has no group, so that the record would have no column')
  const columns = list === null ? numberedColumns(pattern.groups) : parseColumnList(list)
  if (columns.length !== pattern.groups)
    throw new PatternError(`it has ${pattern.groups} groups for ${columns.length} columns`)
  return {
    columns,
    parse: text => {
      pattern.allow(PATTERN_STEPS_MAX)
      if (!pattern.matches(text)) return null
      const match = pattern.matchWhole(text)
      if (match === null) return null
      return columns.map((_, index) => {
        const from = match[index * 2 + 2]!
        return from < 0 ? null : text.slice(from, match[index * 2 + 3])
      })
    },
  }
}
