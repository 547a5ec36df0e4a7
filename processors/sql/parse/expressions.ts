/**
 * Expressions by precedence, from loose to tight:
 *
 *     or  := and {OR and}          and := not {AND not}          not := [NOT] predicate
 *     predicate := value {comparison value | [NOT] BETWEEN .. | [NOT] IN .. | [NOT] LIKE .. | IS .. | period}
 *     value := term {('+' | '-' | '||') term}      term := sign {('*' | '/') sign}      sign := {'+' | '-'} primary
 */
import { SqlError } from '../../../core/errors.ts'
import type { ExpressionNode, PeriodNode, PeriodOperator } from '../ast.ts'
import { parsePrimary } from './primary.ts'
import type { TokenReader } from './token-reader.ts'

export function parseExpression(reader: TokenReader): ExpressionNode {
  return parseChain(reader, 'or', 'OR', () => parseChain(reader, 'and', 'AND', () => parseNot(reader)))
}

function parseChain(
  reader: TokenReader,
  kind: 'and' | 'or',
  word: string,
  operand: () => ExpressionNode,
): ExpressionNode {
  const first = operand()
  if (!reader.isWord(word)) return first
  const operands = [first]
  while (reader.takeWords(word)) operands.push(operand())
  return { kind, operands, span: reader.spanFrom(first.span) }
}

function parseNot(reader: TokenReader): ExpressionNode {
  const first = reader.token
  let negations = 0
  while (reader.takeWords('NOT')) negations++
  const operand = parsePredicate(reader)
  if (negations === 0) return operand
  const not: ExpressionNode = { kind: 'not', operand, span: reader.spanFrom(first.span) }
  // NOT NOT x is x, up to its type, which NOT checks.
  return negations % 2 === 1 ? not : { kind: 'not', operand: not, span: not.span }
}

const COMPARISONS: Readonly<Record<string, '=' | '<>' | '<' | '<=' | '>' | '>='>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

function parsePredicate(reader: TokenReader): ExpressionNode {
  let left = parseValue(reader)
  for (;;) {
    const next = parsePredicateAfter(reader, left)
    if (next === null) return left
    left = next
  }
}

function parsePredicateAfter(reader: TokenReader, left: ExpressionNode): ExpressionNode | null {
  const { token } = reader
  const comparison = token.kind === 'symbol' ? COMPARISONS[token.text] : undefined
  if (comparison !== undefined) {
    reader.advance()
    const right = parseValue(reader)
    return { kind: 'comparison', operator: comparison, left, right, span: reader.spanFrom(left.span) }
  }
  if (token.kind !== 'word') return null
  if (reader.takeWords('IS')) return parseIs(reader, left)
  const negated = reader.isWord('NOT') && reader.isWordAt(1, 'BETWEEN', 'IN', 'LIKE', 'SIMILAR')
  if (negated) reader.advance()
  if (reader.takeWords('BETWEEN')) return parseBetween(reader, left, negated)
  if (reader.takeWords('IN')) return parseIn(reader, left, negated)
  if (reader.takeWords('LIKE')) return parseLike(reader, 'like', left, negated)
  if (reader.takeWords('SIMILAR')) {
    reader.expectWord('TO', 'after SIMILAR')
    return parseLike(reader, 'similar', left, negated)
  }
  return parsePeriodPredicate(reader, left)
}

function parseIs(reader: TokenReader, operand: ExpressionNode): ExpressionNode {
  const negated = reader.takeWords('NOT')
  if (reader.takeWords('DISTINCT', 'FROM')) {
    const right = parseValue(reader)
    return { kind: 'distinct', negated, left: operand, right, span: reader.spanFrom(operand.span) }
  }
  const what = reader.takeOneOf('NULL', 'TRUE', 'FALSE', 'UNKNOWN')
  if (what === null) reader.fail('NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM after IS')
  return { kind: 'is', what, negated, operand, span: reader.spanFrom(operand.span) }
}

function parseBetween(reader: TokenReader, operand: ExpressionNode, negated: boolean): ExpressionNode {
  const symmetric = reader.takeOneOf('SYMMETRIC', 'ASYMMETRIC') === 'SYMMETRIC'
  const low = parseValue(reader)
  reader.expectWord('AND', 'after the lower end of BETWEEN')
  const high = parseValue(reader)
  return { kind: 'between', negated, symmetric, operand, low, high, span: reader.spanFrom(operand.span) }
}

function parseIn(reader: TokenReader, operand: ExpressionNode, negated: boolean): ExpressionNode {
  reader.expectSymbol('(', 'after IN')
  if (reader.isWord('SELECT', 'VALUES')) {
    const query = reader.query()
    reader.expectSymbol(')', 'after the subquery')
    return { kind: 'in-query', negated, operand, query, span: reader.spanFrom(operand.span) }
  }
  const items = reader.list(() => reader.expression())
  reader.expectSymbol(')', 'after the list of IN')
  return { kind: 'in-list', negated, operand, items, span: reader.spanFrom(operand.span) }
}

function parseLike(
  reader: TokenReader,
  kind: 'like' | 'similar',
  operand: ExpressionNode,
  negated: boolean,
): ExpressionNode {
  const pattern = parseValue(reader)
  const escape = reader.takeWords('ESCAPE') ? parseValue(reader) : null
  return { kind, negated, operand, pattern, escape, span: reader.spanFrom(operand.span) }
}

const PERIOD_OPERATORS: readonly PeriodOperator[] = [
  'EQUALS',
  'CONTAINS',
  'OVERLAPS',
  'PRECEDES',
  'SUCCEEDS',
  'LEADS',
  'LAGS',
]

/** `period {[STRICTLY | IMMEDIATELY] operator period}`; a chain means all of its pairs. */
function parsePeriodPredicate(reader: TokenReader, left: ExpressionNode): ExpressionNode | null {
  let period = periodOf(left)
  if (period === null) return null
  const pairs: ExpressionNode[] = []
  for (;;) {
    const ahead = reader.isWord('STRICTLY', 'IMMEDIATELY') ? 1 : 0
    if (!reader.isWordAt(ahead, ...PERIOD_OPERATORS)) break
    const modifier = reader.takeOneOf('STRICTLY', 'IMMEDIATELY')
    const operatorSpan = reader.token.span
    const operator = reader.advance().text as PeriodOperator
    if (
      (modifier === 'STRICTLY' && operator === 'EQUALS') ||
      (modifier === 'IMMEDIATELY' && ['EQUALS', 'CONTAINS', 'OVERLAPS'].includes(operator))
    ) {
      throw new SqlError('sql_syntax', `${operator} does not take ${modifier}`, operatorSpan)
    }
    const operand: ExpressionNode = parseValue(reader)
    const right: PeriodNode | null = periodOf(operand)
    if (right === null && operator !== 'CONTAINS') {
      throw new SqlError('sql_syntax', `${operator} needs a period on its right`, operand.span, 'write (start, end)')
    }
    const span = reader.spanFrom(left.span)
    pairs.push({ kind: 'period', operator, modifier, left: period, right: right ?? operand, span })
    if (right === null) break
    period = right
  }
  if (pairs.length < 2) return pairs[0] ?? null
  return { kind: 'and', operands: pairs, span: reader.spanFrom(left.span) }
}

function periodOf(node: ExpressionNode): PeriodNode | null {
  const items =
    node.kind === 'row'
      ? node.items
      : node.kind === 'call' && node.name.text === 'PERIOD' && !node.name.quoted
        ? node.args
        : []
  const [start, end] = items
  if (items.length !== 2 || start === undefined || end === undefined) return null
  return { kind: 'period-value', start, end, span: node.span }
}

/** `value`: everything that binds tighter than a comparison. */
export function parseValue(reader: TokenReader): ExpressionNode {
  let left = parseTerm(reader)
  while (reader.isSymbol('+') || reader.isSymbol('-') || reader.isSymbol('||')) {
    const operator = reader.advance()
    const right = parseTerm(reader)
    left = binary(reader, operator.text as '+' | '-' | '||', operator.span, left, right)
  }
  return left
}

function parseTerm(reader: TokenReader): ExpressionNode {
  let left = parseSign(reader)
  while (reader.isSymbol('*') || reader.isSymbol('/')) {
    const operator = reader.advance()
    const right = parseSign(reader)
    left = binary(reader, operator.text as '*' | '/', operator.span, left, right)
  }
  return left
}

function binary(
  reader: TokenReader,
  operator: '+' | '-' | '*' | '/' | '||',
  operatorSpan: SqlError['span'],
  left: ExpressionNode,
  right: ExpressionNode,
): ExpressionNode {
  return { kind: 'binary-operator', operator, operatorSpan, left, right, span: reader.spanFrom(left.span) }
}

function parseSign(reader: TokenReader): ExpressionNode {
  const first = reader.token
  if (!reader.isSymbol('+') && !reader.isSymbol('-')) return parsePrimary(reader)
  reader.advance()
  const operand = reader.nested(() => parseSign(reader))
  return { kind: 'sign', operator: first.text as '+' | '-', operand, span: reader.spanFrom(first.span) }
}
