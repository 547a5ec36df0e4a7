/** The log parsing functions of the dialect by their names, and how many arguments each takes behind the text. */
import { PatternError } from '../../../core/patterns/pattern-error.ts'
import { fixedColumnLogParser, variableColumnLogParser } from './column-log.ts'
import { fastRegexLogParser } from './fast-regex-log.ts'
import type { LogParser } from './log-parser.ts'
import { regexLogParser } from './regex-log.ts'
import { sysLogParser } from './sys-log.ts'
import { w3cLogParser } from './w3c-log.ts'

/** A constant argument behind the text. */
export type LogArgument = string | number

interface LogFunction {
  readonly least: number
  readonly most: number
  readonly dropsUnmatched?: true
  readonly prepare: (args: readonly LogArgument[], startedAt: number) => LogParser
}

function textAt(args: readonly LogArgument[], index: number): string {
  const value = args[index]
  if (typeof value !== 'string') throw new PatternError(`argument ${index + 2} must be a text`)
  return value
}

function optionalAt(args: readonly LogArgument[], index: number): string | null {
  return index < args.length ? textAt(args, index) : null
}

const fast: LogFunction = {
  least: 1,
  most: 1,
  dropsUnmatched: true,
  prepare: args => fastRegexLogParser(textAt(args, 0)),
}

const FUNCTIONS: Readonly<Record<string, LogFunction>> = {
  REGEX_LOG_PARSE: { least: 1, most: 2, prepare: args => regexLogParser(textAt(args, 0), optionalAt(args, 1)) },
  FAST_REGEX_LOG_PARSE: fast,
  FAST_REGEX_LOG_PARSER: fast,
  W3C_LOG_PARSE: { least: 1, most: 1, prepare: args => w3cLogParser(textAt(args, 0)) },
  SYS_LOG_PARSE: { least: 0, most: 0, prepare: (_, startedAt) => sysLogParser(startedAt) },
  VARIABLE_COLUMN_LOG_PARSE: {
    least: 2,
    most: 4,
    prepare: args => variableColumnLogParser(args[0] ?? 0, textAt(args, 1), optionalAt(args, 2), optionalAt(args, 3)),
  },
  FIXED_COLUMN_LOG_PARSE: { least: 1, most: 1, prepare: args => fixedColumnLogParser(textAt(args, 0)) },
}

/** Whether a call with this name gives a record. */
export function isLogFunction(name: string): boolean {
  return Object.hasOwn(FUNCTIONS, name)
}

/** Whether a text that does not match gives no row at all (AWS SQL reference, FAST_REGEX_LOG_PARSER); elsewhere its fields are NULL. */
export function dropsUnmatched(name: string): boolean {
  return Object.hasOwn(FUNCTIONS, name) && FUNCTIONS[name]?.dropsUnmatched === true
}

/**
 * The parser of a call.
 * @param args the constants behind the text
 * @param startedAt epoch milliseconds of the program's start, for logs without a year
 * @throws PatternError for arguments that can never work
 */
export function prepareLogParser(name: string, args: readonly LogArgument[], startedAt: number): LogParser {
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (found === undefined) throw new PatternError(`${name} is no log parsing function`)
  const { least, most, prepare } = found
  if (args.length < least || args.length > most)
    throw new PatternError(`it takes ${least === most ? least + 1 : `${least + 1} to ${most + 1}`} arguments`)
  return prepare(args, startedAt)
}
