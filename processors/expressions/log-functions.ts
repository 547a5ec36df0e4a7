/**
 * LOG_FIELD(text, function, index, ...arguments): one column of the record that a log parsing function makes of a text.
 * All fields of one call share a parser and what it found lately, so that a text is parsed once for all of its columns.
 */
import { SqlError } from '../../core/errors.ts'
import { PATTERN_TEXT_MAX, PatternError, PatternTooCostly } from '../../core/patterns/pattern-error.ts'
import { ROWS_PER_BATCH_MAX } from '../../core/rows.ts'
import { type LogArgument, prepareLogParser } from '../patterns/log/log-functions.ts'
import type { LogParser } from '../patterns/log/log-parser.ts'
import { RowFailure } from './failures.ts'
import { type FunctionCall, type FunctionImplementation, scalar } from './function-call.ts'
import type { ExpressionHost } from './kernel.ts'

/** Characters of the texts that are remembered in one generation. */
const REMEMBERED_CHARACTERS_MAX = 4_194_304

type Found = ReturnType<LogParser['parse']> | RowFailure

/** A parser with two generations of what it found: a batch is read column by column, so its rows come again soon. */
class RememberingParser {
  readonly #parser: LogParser
  #young = new Map<string, Found>()
  #old = new Map<string, Found>()
  #characters = 0

  constructor(parser: LogParser) {
    this.#parser = parser
  }

  parse(text: string): Found {
    const known = this.#young.get(text) ?? this.#old.get(text)
    if (known !== undefined) return known
    const found = this.#read(text)
    this.#characters += text.length
    if (this.#young.size >= ROWS_PER_BATCH_MAX || this.#characters > REMEMBERED_CHARACTERS_MAX) {
      this.#old = this.#young
      this.#young = new Map()
      this.#characters = text.length
    }
    this.#young.set(text, found)
    return found
  }

  #read(text: string): Found {
    if (text.length > PATTERN_TEXT_MAX)
      return new RowFailure('INVALID_ARGUMENT', `a log parser reads at most ${PATTERN_TEXT_MAX} characters`)
    try {
      return this.#parser.parse(text)
    } catch (error) {
      if (!(error instanceof PatternTooCostly)) throw error
      return new RowFailure('INVALID_ARGUMENT', `log pattern ${error.message}`)
    }
  }
}

const PARSERS = new WeakMap<ExpressionHost, Map<string, RememberingParser>>()

function parserOf(call: FunctionCall): RememberingParser {
  const values = call.args.slice(3).map(arg => arg.constant as LogArgument)
  const name = call.args[1]?.constant as string
  const key = JSON.stringify([name, values])
  let known = PARSERS.get(call.host)
  if (known === undefined) PARSERS.set(call.host, (known = new Map()))
  let parser = known.get(key)
  if (parser === undefined) {
    parser = new RememberingParser(prepared(name, values, call))
    known.set(key, parser)
  }
  return parser
}

function prepared(name: string, values: readonly LogArgument[], { host, span }: FunctionCall): LogParser {
  try {
    return prepareLogParser(name, values, host.startedAt)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw new SqlError('sql_bind', `${name}: ${error.message}`, span)
  }
}

const field: FunctionImplementation = call => {
  const parser = parserOf(call)
  const index = call.args[2]?.constant as number
  return scalar(([text]) => {
    const found = parser.parse(text as string)
    return found instanceof RowFailure ? found : (found?.[index] ?? null)
  })(call)
}

export const LOG_FUNCTIONS: Readonly<Record<string, FunctionImplementation>> = { LOG_FIELD: field }
