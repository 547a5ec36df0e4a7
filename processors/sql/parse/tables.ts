/** What stands in FROM: streams, subqueries, table functions and their joins (left associative). */
import { SqlError, type TextSpan } from '../../../core/errors.ts'
import type { Alias, ExpressionNode, JoinType, Name, Path, TableNode } from '../ast.ts'
import type { TokenReader } from './token-reader.ts'

export function parseTable(reader: TokenReader): TableNode {
  let left = parsePrimaryTable(reader)
  for (;;) {
    const join = parseJoin(reader, left)
    if (join === null) return left
    left = join
  }
}

function parseJoin(reader: TokenReader, left: TableNode): TableNode | null {
  const first = reader.token
  if (reader.takeWords('CROSS')) {
    reader.expectWord('JOIN', 'after CROSS')
    const right = parsePrimaryTable(reader)
    const span = reader.spanFrom(left.span)
    return { kind: 'join', type: 'CROSS', natural: false, left, right, on: null, using: null, span }
  }
  const natural = reader.takeWords('NATURAL')
  const side = reader.takeOneOf('INNER', 'LEFT', 'RIGHT', 'FULL')
  if (side !== null && side !== 'INNER') reader.takeWords('OUTER')
  if (!reader.takeWords('JOIN')) {
    if (natural || side !== null) reader.fail('JOIN')
    return null
  }
  const type: JoinType = side ?? 'INNER'
  const right = parsePrimaryTable(reader)
  let on: ExpressionNode | null = null
  let using: readonly Name[] | null = null
  if (reader.takeWords('ON')) {
    on = reader.expression()
  } else if (reader.takeWords('USING')) {
    reader.expectSymbol('(', 'after USING')
    using = reader.list(() => reader.name('a column name'))
    reader.expectSymbol(')', 'after the columns of USING')
  }
  if (natural && (on !== null || using !== null)) {
    throw new SqlError('sql_syntax', 'a NATURAL JOIN takes neither ON nor USING', first.span)
  }
  return { kind: 'join', type, natural, left, right, on, using, span: reader.spanFrom(left.span) }
}

function parsePrimaryTable(reader: TokenReader): TableNode {
  const first = reader.token
  if (reader.isWord('TABLE') && reader.isSymbolAt(1, '(')) return parseTableFunction(reader)
  if (reader.takeSymbol('(')) {
    const query = reader.query()
    reader.expectSymbol(')', 'after the subquery')
    const over = reader.takeWords('OVER') ? reader.windowReference() : null
    const alias = parseAlias(reader)
    return { kind: 'derived', query, over, alias, span: reader.spanFrom(first.span) }
  }
  const path = parsePath(reader, 'a stream name')
  const over = reader.takeWords('OVER') ? reader.windowReference() : null
  let alias = parseAlias(reader)
  // Published programs also write the window behind the alias: a AS x OVER (...).
  const late = over === null && reader.takeWords('OVER') ? reader.windowReference() : null
  if (late !== null && alias === null) alias = parseAlias(reader)
  return { kind: 'stream', path, over: over ?? late, alias, span: reader.spanFrom(first.span) }
}

/** `TABLE '(' name '(' CURSOR '(' query ')' {',' expr} ')' ')'` */
function parseTableFunction(reader: TokenReader): TableNode {
  const first = reader.advance()
  reader.advance()
  const name = reader.name('the name of a table function')
  reader.expectSymbol('(', 'after the table function')
  if (reader.isWord('TABLE')) return parseEventWindow(reader, first.span, name)
  reader.expectWord('CURSOR', `as first argument of ${name.text}`)
  reader.expectSymbol('(', 'after CURSOR')
  const cursor = reader.query()
  reader.expectSymbol(')', 'after the query of CURSOR')
  const args = reader.takeSymbol(',') ? reader.list(() => reader.expression()) : []
  reader.expectSymbol(')', 'after the arguments of the table function')
  reader.expectSymbol(')', 'after TABLE(...')
  const alias = parseAlias(reader)
  return { kind: 'table-function', name, cursor, args, alias, span: reader.spanFrom(first.span) }
}

/** `TABLE path [PARTITION BY path {',' path}] ',' DESCRIPTOR '(' column ')' {',' expr} ')' ')'` */
function parseEventWindow(reader: TokenReader, first: TextSpan, name: Name): TableNode {
  reader.advance()
  const path = parsePath(reader, 'a stream name')
  let partitionBy: readonly Path[] = []
  if (reader.takeWords('PARTITION')) {
    reader.expectWord('BY', 'after PARTITION')
    partitionBy = parsePartition(reader)
  }
  reader.expectSymbol(',', `after the stream of ${name.text}`)
  reader.expectWord('DESCRIPTOR', `as second argument of ${name.text}`)
  reader.expectSymbol('(', 'after DESCRIPTOR')
  const rowtime = reader.token
  const descriptor: Name = reader.takeWords('ROWTIME')
    ? { text: 'ROWTIME', quoted: false, span: rowtime.span }
    : reader.name('the column of event time')
  reader.expectSymbol(')', 'after the column of DESCRIPTOR')
  const args = reader.takeSymbol(',') ? reader.list(() => reader.expression()) : []
  reader.expectSymbol(')', 'after the arguments of the table function')
  reader.expectSymbol(')', 'after TABLE(...')
  const alias = parseAlias(reader)
  const span = reader.spanFrom(first)
  return { kind: 'event-window', name, path, partitionBy, descriptor, args, alias, span }
}

/** Columns up to the comma before DESCRIPTOR, in parentheses or not. */
function parsePartition(reader: TokenReader): readonly Path[] {
  if (reader.takeSymbol('(')) {
    const columns = reader.list(() => parsePath(reader, 'a column name'))
    reader.expectSymbol(')', 'after the columns of PARTITION BY')
    return columns
  }
  const columns = [parsePath(reader, 'a column name')]
  while (reader.isSymbol(',') && !(reader.isWordAt(1, 'DESCRIPTOR') && reader.isSymbolAt(2, '('))) {
    reader.advance()
    columns.push(parsePath(reader, 'a column name'))
  }
  return columns
}

/** `[[AS] name ['(' names ')']]` */
function parseAlias(reader: TokenReader): Alias | null {
  const first = reader.token
  // WINDOWED BY STAGGER is not reserved, and would else be read as the alias of the last table.
  const clause = reader.isWord('WINDOWED') && reader.isWordAt(1, 'BY')
  if (!reader.takeWords('AS') && (clause || !reader.isName())) return null
  const name = reader.name('an alias')
  let columns: readonly Name[] | null = null
  if (reader.takeSymbol('(')) {
    columns = reader.list(() => reader.name('a column name'))
    reader.expectSymbol(')', 'after the column names')
  }
  return { name, columns, span: reader.spanFrom(first.span) }
}

/** A name with any number of prefixes, which are read and ignored. */
export function parsePath(reader: TokenReader, what: string): Path {
  const first = reader.token
  const parts = [reader.name(what)]
  while (reader.takeSymbol('.')) parts.push(reader.name(what))
  return { parts, span: reader.spanFrom(first.span) }
}
