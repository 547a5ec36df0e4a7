/** `type`: a type name with its lengths; interval types only where CAST asks for one. */
import { SqlError } from '../../../core/errors.ts'
import { sqlTypeOf } from '../../../core/sql-type.ts'
import type { TypeName } from '../ast.ts'
import { parseInteger, parseQualifier } from './literals.ts'
import type { TokenReader } from './token-reader.ts'

const SECOND_WORD: Readonly<Record<string, string>> = {
  DOUBLE: 'PRECISION',
  CHAR: 'VARYING',
  CHARACTER: 'VARYING',
  BINARY: 'VARYING',
}

export function parseType(reader: TokenReader, intervals = false): TypeName {
  const first = reader.token
  if (first.kind !== 'word') reader.fail('a type')
  if (first.text === 'INTERVAL') {
    reader.advance()
    const qualifier = parseQualifier(reader)
    const span = reader.spanFrom(first.span)
    if (!intervals) {
      throw new SqlError('sql_syntax', 'an interval cannot be stored', span, 'use BIGINT milliseconds: TSDIFF(a, b)')
    }
    return { type: { kind: 'INTERVAL', from: qualifier.from, to: qualifier.to }, unsized: false, span }
  }
  reader.advance()
  let name = first.text
  const second = SECOND_WORD[name]
  if (second !== undefined && reader.takeWords(second)) name = `${name} ${second}`
  let parameters: readonly number[] = []
  if (reader.takeSymbol('(')) {
    parameters = reader.list(() => parseInteger(reader, 'a length'))
    reader.expectSymbol(')', 'after the length of the type')
  }
  const span = reader.spanFrom(first.span)
  const type = sqlTypeOf(name, parameters)
  if (typeof type === 'string') throw new SqlError('sql_syntax', type, span)
  const unsized = parameters.length === 0 && (type.kind === 'VARCHAR' || type.kind === 'VARBINARY')
  return { type, unsized, span }
}
