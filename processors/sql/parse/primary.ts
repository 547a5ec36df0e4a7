/** The smallest expressions: literals, names, calls, CASE, and whatever stands in parentheses. */
import type { ExpressionNode, Name } from '../ast.ts'
import { isReserved, SYSTEM_COLUMNS } from '../reserved-words.ts'
import { parseCall } from './calls.ts'
import { parseBinary, parseDatetime, parseInterval, parseQualifier, parseText, UNITS } from './literals.ts'
import type { TokenReader } from './token-reader.ts'

/** Calls without parentheses. CURRENT_ROW_TIMESTAMP is not reserved: it is a name until no column has it. */
const NILADIC: ReadonlySet<string> = new Set([
  'CURRENT_DATE',
  'CURRENT_TIME',
  'CURRENT_TIMESTAMP',
  'LOCALTIME',
  'LOCALTIMESTAMP',
])

export function parsePrimary(reader: TokenReader): ExpressionNode {
  const { token } = reader
  switch (token.kind) {
    case 'integer':
    case 'decimal':
    case 'double':
      reader.advance()
      return { kind: 'number', form: token.kind, text: token.text, span: token.span }
    case 'string':
    case 'unicode': {
      const value = parseText(reader, 'a string')
      return { kind: 'string', value, span: reader.spanFrom(token.span) }
    }
    case 'binary':
      return parseBinary(reader)
    case 'quoted':
      return parsePathOrCall(reader)
    case 'symbol':
      return token.text === '(' ? parseParenthesis(reader) : reader.fail('an expression')
    case 'word':
      return parseWord(reader)
    case 'end':
      return reader.fail('an expression')
  }
}

function parseWord(reader: TokenReader): ExpressionNode {
  const { token } = reader
  const { span } = token
  switch (token.text) {
    case 'TRUE':
    case 'FALSE':
    case 'UNKNOWN':
      reader.advance()
      return { kind: 'boolean', value: token.text === 'UNKNOWN' ? null : token.text === 'TRUE', span }
    case 'NULL':
      reader.advance()
      return { kind: 'null', span }
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
      return parseDatetime(reader) ?? failReserved(reader, `a string after ${token.text}`)
    case 'INTERVAL':
      return parseInterval(reader)
    case 'CASE':
      return parseCase(reader)
    case 'EXISTS': {
      reader.advance()
      reader.expectSymbol('(', 'after EXISTS')
      const query = reader.query()
      reader.expectSymbol(')', 'after the subquery')
      return { kind: 'exists', query, span: reader.spanFrom(span) }
    }
    case 'ROW':
      if (reader.isSymbolAt(1, '(')) {
        reader.advance()
        reader.advance()
        const items = reader.list(() => reader.expression())
        reader.expectSymbol(')', 'after the row')
        return { kind: 'row', items, span: reader.spanFrom(span) }
      }
      break
  }
  if (NILADIC.has(token.text)) {
    reader.advance()
    // CURRENT_TIME(3): a precision has no effect, everything is milliseconds.
    if (reader.isSymbol('(') && reader.peek(1).kind === 'integer' && reader.isSymbolAt(2, ')')) {
      for (let count = 0; count < 3; count++) reader.advance()
    }
    return { kind: 'niladic', name: token.text, span: reader.spanFrom(span) }
  }
  return parsePathOrCall(reader)
}

function failReserved(reader: TokenReader, what: string): never {
  return reader.isWord('DATE', 'TIME', 'TIMESTAMP') && reader.peek(1).kind !== 'unicode'
    ? reader.failReserved('an expression')
    : reader.fail(what)
}

function parsePathOrCall(reader: TokenReader): ExpressionNode {
  const first = reader.token
  if (reader.isSymbolAt(1, '(')) {
    const call = parseCall(reader)
    if (call !== null) return call
  }
  const parts: Name[] = [parsePart(reader, 'an expression')]
  while (reader.isSymbol('.') && !reader.isSymbolAt(1, '*')) {
    reader.advance()
    parts.push(parsePart(reader, 'a column name after the dot'))
  }
  return { kind: 'path', parts, span: reader.spanFrom(first.span) }
}

function parsePart(reader: TokenReader, what: string): Name {
  const { token } = reader
  if (token.kind === 'word' && SYSTEM_COLUMNS.has(token.text)) {
    reader.advance()
    return { text: token.text, quoted: false, span: token.span }
  }
  if (token.kind === 'word' && isReserved(token.text)) return reader.failReserved(what)
  return reader.name(what)
}

/** `(expr)`, `(expr) qualifier`, `(a, b)`, `(query)` */
function parseParenthesis(reader: TokenReader): ExpressionNode {
  const first = reader.advance()
  if (reader.isWord('SELECT', 'VALUES')) {
    const query = reader.query()
    reader.expectSymbol(')', 'after the subquery')
    return { kind: 'subquery', query, span: reader.spanFrom(first.span) }
  }
  const inner = reader.expression()
  if (inner.kind === 'subquery' && reader.isWord('UNION', 'EXCEPT', 'INTERSECT')) {
    const query = reader.queryAfter(inner.query)
    reader.expectSymbol(')', 'after the subquery')
    return { kind: 'subquery', query, span: reader.spanFrom(first.span) }
  }
  if (reader.takeSymbol(',')) {
    const items = [inner, ...reader.list(() => reader.expression())]
    reader.expectSymbol(')', 'after the row')
    return { kind: 'row', items, span: reader.spanFrom(first.span) }
  }
  reader.expectSymbol(')', 'after the expression')
  if (reader.isWord(...UNITS)) {
    const qualifier = parseQualifier(reader)
    return { kind: 'qualified', operand: inner, qualifier, span: reader.spanFrom(first.span) }
  }
  return { ...inner, span: reader.spanFrom(first.span) }
}

function parseCase(reader: TokenReader): ExpressionNode {
  const first = reader.advance()
  const operand = reader.isWord('WHEN') ? null : reader.expression()
  const branches: { when: ExpressionNode; result: ExpressionNode }[] = []
  while (reader.takeWords('WHEN')) {
    const when = reader.expression()
    reader.expectWord('THEN', 'after the condition of WHEN')
    branches.push({ when, result: reader.expression() })
  }
  if (branches.length === 0) reader.fail('WHEN after CASE')
  const otherwise = reader.takeWords('ELSE') ? reader.expression() : null
  reader.expectWord('END', 'after the branches of CASE')
  return { kind: 'case', operand, branches, otherwise, span: reader.spanFrom(first.span) }
}
