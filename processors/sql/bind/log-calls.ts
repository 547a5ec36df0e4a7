/** Calls of log parsing functions, which stand alone in a select item; log-records.ts says what becomes of their fields. */
import { SqlError } from '../../../core/errors.ts'
import { PatternError } from '../../../core/patterns/pattern-error.ts'
import { isLogFunction, type LogArgument, prepareLogParser } from '../../patterns/log/log-functions.ts'
import type { ExpressionNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { argument } from './calls.ts'
import type { BindContext } from './context.ts'
import { fail } from './errors.ts'
import type { LogRecord } from './log-records.ts'

type CallNode = Extract<ExpressionNode, { kind: 'call' }>

/** The call of a log parsing function that a select item is, or null. */
export function logCallOf(node: ExpressionNode): CallNode | null {
  return node.kind === 'call' && isLogFunction(node.name.text) ? node : null
}

/** @returns the text that is parsed, and the record */
export function bindLogCall(context: BindContext, node: CallNode): { text: Expression; record: LogRecord } {
  const name = node.name.text
  const [first, ...rest] = node.args
  if (first === undefined || node.star || node.distinct)
    return fail(`${name} takes a text and how to read it`, node.span)
  const text = argument(context.bind(first), 'text', name, 0)
  const args = rest.map(arg => context.bind(arg))
  const values = args.map((arg): LogArgument => {
    if (arg.kind === 'literal' && (typeof arg.value === 'string' || typeof arg.value === 'number')) return arg.value
    return fail(`${name} decides its columns before it runs: this argument must be a literal`, arg.span)
  })
  try {
    return { text, record: { name, args, columns: prepareLogParser(name, values, 0).columns } }
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw new SqlError('sql_bind', `${name}: ${error.message}`, node.span)
  }
}
