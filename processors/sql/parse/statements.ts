/** Statements: CREATE STREAM, CREATE PUMP, CREATE FUNCTION, INSERT, ALTER PUMP, DROP, and the bare query, which binding refuses. */

import { SqlError } from '../../../core/errors.ts'
import type {
  ColumnDefinition,
  InsertNode,
  Name,
  OptionValue,
  StatementNode,
  TypeName,
  WatermarkDefinition,
} from '../ast.ts'
import { parseText } from './literals.ts'
import { parsePath } from './tables.ts'
import type { TokenReader } from './token-reader.ts'
import { parseType } from './types.ts'

export function parseStatement(reader: TokenReader): StatementNode {
  const first = reader.token
  if (reader.isWord('INSERT')) return parseInsert(reader)
  if (reader.isWord('SELECT', 'VALUES') || reader.isSymbol('(')) {
    const query = reader.query()
    return { kind: 'query', query, span: reader.spanFrom(first.span) }
  }
  if (reader.takeWords('ALTER')) return parseAlter(reader, first.span)
  if (reader.takeWords('DROP')) {
    const what = reader.takeOneOf('STREAM', 'PUMP', 'FUNCTION')
    if (what === null) reader.fail('STREAM, PUMP or FUNCTION after DROP')
    return { kind: 'drop', what, name: parsePath(reader, 'a name'), span: reader.spanFrom(first.span) }
  }
  if (!reader.takeWords('CREATE')) reader.fail('CREATE or INSERT to begin a statement')
  const replace = reader.takeWords('OR', 'REPLACE')
  if (reader.takeWords('STREAM')) return parseCreateStream(reader, first.span, replace)
  if (reader.takeWords('PUMP')) return parseCreatePump(reader, first.span, replace)
  if (reader.takeWords('FUNCTION')) return parseCreateFunction(reader, first.span)
  return reader.fail('STREAM, PUMP or FUNCTION after CREATE')
}

function parseCreateStream(reader: TokenReader, first: StatementNode['span'], replace: boolean): StatementNode {
  const name = parsePath(reader, 'a stream name')
  reader.expectSymbol('(', 'before the columns of the stream')
  let watermark: WatermarkDefinition | null = null
  const elements = reader.list(() => {
    // No type begins with FOR, so that a column may be called WATERMARK as it always could.
    if (!reader.isWord('WATERMARK') || !reader.isWordAt(1, 'FOR')) return parseColumn(reader)
    const { span } = reader.token
    if (watermark !== null) throw new SqlError('sql_syntax', 'a stream has one WATERMARK', span)
    watermark = parseWatermark(reader)
    return null
  })
  reader.expectSymbol(')', 'or "," after a column')
  const description = parseDescription(reader)
  const options = parseOptions(reader)
  return {
    kind: 'create-stream',
    name,
    replace,
    columns: elements.filter(element => element !== null),
    watermark,
    description,
    options,
    span: reader.spanFrom(first),
  }
}

/** `WATERMARK FOR column AS expr` */
function parseWatermark(reader: TokenReader): WatermarkDefinition {
  const first = reader.advance()
  reader.advance()
  const column = reader.name('the column of event time after WATERMARK FOR')
  reader.expectWord('AS', 'after the column of WATERMARK')
  const expression = reader.expression()
  return { column, expression, span: reader.spanFrom(first.span) }
}

/** `name type [NOT NULL | NULL] [OPTIONS (...)]` */
function parseColumn(reader: TokenReader): ColumnDefinition {
  const first = reader.token
  const name = reader.name('a column name')
  const type = parseType(reader)
  const notNull = reader.takeWords('NOT', 'NULL')
  if (!notNull) reader.takeWords('NULL')
  parseOptions(reader)
  return { name, type, notNull, span: reader.spanFrom(first.span) }
}

function parseDescription(reader: TokenReader): string | null {
  return reader.takeWords('DESCRIPTION') ? parseText(reader, 'a string after DESCRIPTION') : null
}

/** `OPTIONS '(' name value {',' name value} ')'` */
function parseOptions(reader: TokenReader): readonly OptionValue[] {
  if (!reader.isWord('OPTIONS') || !reader.isSymbolAt(1, '(')) return []
  reader.advance()
  reader.advance()
  const options = reader.list(() => {
    const name = reader.name('an option name')
    return { name, value: reader.value() }
  })
  reader.expectSymbol(')', 'after the options')
  return options
}

function parseCreatePump(reader: TokenReader, first: StatementNode['span'], replace: boolean): StatementNode {
  const name = parsePath(reader, 'a pump name')
  const stopped = reader.takeOneOf('STOPPED', 'STARTED') === 'STOPPED'
  const description = parseDescription(reader)
  reader.expectWord('AS', 'before the INSERT of the pump')
  if (!reader.isWord('INSERT')) reader.fail('INSERT INTO after AS')
  const insert = parseInsert(reader)
  return { kind: 'create-pump', name, replace, stopped, description, insert, span: reader.spanFrom(first) }
}

/** `INSERT [EXPEDITED] INTO name ['(' names ')'] query` */
function parseInsert(reader: TokenReader): InsertNode {
  const first = reader.expectWord('INSERT', 'here')
  reader.takeWords('EXPEDITED')
  reader.expectWord('INTO', 'after INSERT')
  const target = parsePath(reader, 'a stream name')
  let columns: readonly Name[] | null = null
  // `(SELECT ...)` and `((SELECT ...` begin the query, not a column list.
  if (reader.isSymbol('(') && !reader.isWordAt(1, 'SELECT', 'VALUES') && !reader.isSymbolAt(1, '(')) {
    reader.advance()
    columns = reader.list(() => parseInsertColumn(reader))
    reader.expectSymbol(')', 'or "," after a column')
  }
  const query = reader.query()
  return { kind: 'insert', target, columns, query, span: reader.spanFrom(first.span) }
}

function parseInsertColumn(reader: TokenReader): Name {
  const { token } = reader
  if (reader.takeWords('ROWTIME')) return { text: 'ROWTIME', quoted: false, span: token.span }
  return reader.name('a column name')
}

function parseAlter(reader: TokenReader, first: StatementNode['span']): StatementNode {
  reader.expectWord('PUMP', 'after ALTER')
  const name = parsePath(reader, 'a pump name')
  const action = reader.takeOneOf('START', 'STOP')
  if (action === null) reader.fail('START or STOP after the pump')
  return { kind: 'alter-pump', name, start: action === 'START', span: reader.spanFrom(first) }
}

function parseCreateFunction(reader: TokenReader, first: StatementNode['span']): StatementNode {
  const name = parsePath(reader, 'a function name')
  reader.expectSymbol('(', 'before the parameters')
  let parameters: readonly { name: Name; type: TypeName }[] = []
  if (!reader.isSymbol(')')) {
    parameters = reader.list(() => {
      const parameter = reader.name('a parameter name')
      return { name: parameter, type: parseType(reader) }
    })
  }
  reader.expectSymbol(')', 'after the parameters')
  reader.expectWord('RETURNS', 'after the parameters')
  const returns = parseType(reader)
  let nullOnNull = false
  for (;;) {
    if (reader.takeWords('RETURNS', 'NULL', 'ON', 'NULL', 'INPUT')) nullOnNull = true
    else if (reader.takeWords('CALLED', 'ON', 'NULL', 'INPUT')) nullOnNull = false
    else if (reader.takeWords('LANGUAGE')) reader.expectWord('SQL', 'after LANGUAGE')
    else if (reader.takeWords('SPECIFIC')) parsePath(reader, 'a name after SPECIFIC')
    else if (!takeCharacteristic(reader)) break
  }
  reader.expectWord('RETURN', 'before the body of the function')
  const body = reader.expression()
  return { kind: 'create-function', name, parameters, returns, nullOnNull, body, span: reader.spanFrom(first) }
}

/** Promises that a body of one expression always keeps. */
function takeCharacteristic(reader: TokenReader): boolean {
  return (
    reader.takeWords('DETERMINISTIC') ||
    reader.takeWords('NOT', 'DETERMINISTIC') ||
    reader.takeWords('CONTAINS', 'SQL') ||
    reader.takeWords('READS', 'SQL', 'DATA') ||
    reader.takeWords('MODIFIES', 'SQL', 'DATA')
  )
}
