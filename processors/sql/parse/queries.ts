/**
 * Queries:
 *
 *     query := union [ORDER BY keys [WITHIN interval | LIMIT n]]      union := intersect {(UNION | EXCEPT) [ALL] intersect}
 *     intersect := term {INTERSECT [ALL] term}              term := select | VALUES rows | '(' query ')'
 */
import { SqlError, type TextSpan } from '../../../core/errors.ts'
import type { ExpressionNode, Name, QueryNode, SelectItem, SelectNode, SetOperator, WindowSpec } from '../ast.ts'
import { LIMIT_ROWS_MAX } from '../limits.ts'
import { parseTable } from './tables.ts'
import type { TokenReader } from './token-reader.ts'
import { parseOrderKeys, parseWindowSpec } from './windows.ts'

export function parseQuery(reader: TokenReader): QueryNode {
  return parseQueryAfter(reader, null)
}

/** @param first an operand that is read already, or null */
export function parseQueryAfter(reader: TokenReader, first: QueryNode | null): QueryNode {
  const query = parseUnion(reader, first)
  const order = reader.token.span
  if (!reader.takeWords('ORDER', 'BY')) {
    const limit = reader.limitsAlone ? parseLimit(reader) : null
    return limit === null
      ? query
      : { kind: 'ordered', query, keys: [], within: null, limit, span: reader.spanFrom(query.span) }
  }
  const keys = parseOrderKeys(reader)
  const within = reader.takeWords('WITHIN') ? reader.value() : null
  if (within !== null && keys.length > 1) {
    throw new SqlError('sql_syntax', 'ORDER BY ... WITHIN takes one expression', order)
  }
  const limit = within === null ? parseLimit(reader) : null
  return { kind: 'ordered', query, keys, within, limit, span: reader.spanFrom(query.span) }
}

/** `LIMIT n`, of each window: reserved and without meaning in KDA, so no program loses by it. */
function parseLimit(reader: TokenReader): Extract<QueryNode, { kind: 'ordered' }>['limit'] {
  const first = reader.token
  if (reader.isWord('OFFSET', 'FETCH')) reader.fail('the end of the query', 'LIMIT n keeps n rows of each window')
  if (!reader.takeWords('LIMIT')) return null
  const { token } = reader
  const count = Number(token.text)
  if (token.kind !== 'integer' || !(count >= 1 && count <= LIMIT_ROWS_MAX)) {
    reader.fail(`a number of rows from 1 to ${LIMIT_ROWS_MAX} after LIMIT`)
  }
  reader.advance()
  if (reader.isWord('OFFSET')) reader.fail('the end of the query', 'LIMIT n keeps the first n rows of each window')
  return { count, span: reader.spanFrom(first.span) }
}

function parseUnion(reader: TokenReader, first: QueryNode | null): QueryNode {
  let left = parseIntersect(reader, first)
  for (;;) {
    const { span } = reader.token
    const operator = reader.takeOneOf('UNION', 'EXCEPT')
    if (operator === null) return left
    left = parseRight(reader, left, operator, span, () => parseIntersect(reader, null))
  }
}

function parseIntersect(reader: TokenReader, first: QueryNode | null): QueryNode {
  let left = first ?? parseTerm(reader)
  for (;;) {
    const { span } = reader.token
    if (!reader.takeWords('INTERSECT')) return left
    left = parseRight(reader, left, 'INTERSECT', span, () => parseTerm(reader))
  }
}

function parseRight(
  reader: TokenReader,
  left: QueryNode,
  operator: SetOperator,
  operatorSpan: TextSpan,
  operand: () => QueryNode,
): QueryNode {
  const all = reader.takeOneOf('ALL', 'DISTINCT') === 'ALL'
  const right = operand()
  return { kind: 'set', operator, all, operatorSpan, left, right, span: reader.spanFrom(left.span) }
}

function parseTerm(reader: TokenReader): QueryNode {
  const first = reader.token
  if (reader.takeSymbol('(')) {
    const query = reader.query()
    reader.expectSymbol(')', 'after the query')
    return query
  }
  if (reader.takeWords('VALUES')) return { kind: 'values', rows: parseRows(reader), span: reader.spanFrom(first.span) }
  if (reader.isWord('SELECT')) return parseSelect(reader)
  if (reader.isWord('WITH'))
    reader.fail('SELECT', 'there is no WITH: write the query in FROM, or as a stream of its own')
  return reader.fail('SELECT, VALUES or "(" to begin a query')
}

function parseRows(reader: TokenReader): readonly (readonly ExpressionNode[])[] {
  return reader.list(() => {
    reader.takeWords('ROW')
    reader.expectSymbol('(', 'before the values of a row')
    const row = reader.list(() => reader.expression())
    reader.expectSymbol(')', 'after the values of a row')
    return row
  })
}

function parseSelect(reader: TokenReader): SelectNode {
  const first = reader.expectWord('SELECT', 'here')
  const stream = reader.takeWords('STREAM')
  const distinctToken = reader.token
  const distinct = reader.takeOneOf('DISTINCT', 'ALL') === 'DISTINCT'
  const items = reader.list(() => parseItem(reader))
  if (!reader.takeWords('FROM')) reader.fail('FROM or "," after the select list')
  const from = reader.list(() => parseTable(reader))
  const where = reader.takeWords('WHERE') ? reader.expression() : null
  const groupToken = reader.token
  let groupBy: SelectNode['groupBy'] = []
  let stagger: SelectNode['stagger'] = null
  if (reader.takeWords('GROUP')) {
    reader.expectWord('BY', 'after GROUP')
    groupBy = reader.list(() => reader.expression())
  } else if (reader.takeWords('WINDOWED')) {
    stagger = parseStagger(reader, groupToken.span)
  }
  const groupSpan = groupBy.length === 0 ? null : reader.spanFrom(groupToken.span)
  const having = reader.takeWords('HAVING') ? reader.expression() : null
  const windows: { name: Name; spec: WindowSpec }[] = []
  if (reader.takeWords('WINDOW')) {
    do {
      const name = reader.name('a window name')
      reader.expectWord('AS', 'after the window name')
      reader.expectSymbol('(', 'before the window')
      windows.push({ name, spec: parseWindowSpec(reader) })
      reader.expectSymbol(')', 'after the window')
    } while (reader.takeSymbol(','))
  }
  if (reader.isWord('LIMIT', 'FETCH', 'OFFSET') && !reader.limitsAlone) {
    reader.fail(
      'the end of the query',
      'a stream has no end to count from: write ORDER BY a window first, or use TOP_K_ITEMS_TUMBLING',
    )
  }
  return {
    kind: 'select',
    stream,
    distinct,
    distinctSpan: distinct ? distinctToken.span : null,
    items,
    from,
    where,
    groupBy,
    groupSpan,
    stagger,
    having,
    windows,
    span: reader.spanFrom(first.span),
  }
}

function parseItem(reader: TokenReader): SelectItem {
  const first = reader.token
  if (reader.takeSymbol('*')) return { kind: 'all', of: null, span: first.span }
  if (reader.isName() && reader.isSymbolAt(1, '.') && reader.isSymbolAt(2, '*')) {
    const of = reader.name('an alias')
    reader.advance()
    reader.advance()
    return { kind: 'all', of, span: reader.spanFrom(first.span) }
  }
  const expression = reader.expression()
  let alias: Name | null = null
  if (reader.takeWords('AS')) {
    alias = parseItemAlias(reader)
  } else if (reader.isName() || reader.isWord('ROWTIME')) {
    alias = parseItemAlias(reader)
  }
  return { kind: 'item', expression, alias, span: reader.spanFrom(first.span) }
}

/** ROWTIME is reserved, and yet the one way to set the time of a row. */
function parseItemAlias(reader: TokenReader): Name {
  const { token } = reader
  if (!reader.takeWords('ROWTIME')) return reader.name('a column name')
  return { text: 'ROWTIME', quoted: false, span: token.span }
}

/** `BY STAGGER '(' PARTITION BY exprs RANGE INTERVAL .. ')'` */
function parseStagger(reader: TokenReader, first: TextSpan): SelectNode['stagger'] {
  reader.expectWord('BY', 'after WINDOWED')
  reader.expectWord('STAGGER', 'after WINDOWED BY')
  reader.expectSymbol('(', 'after STAGGER')
  reader.expectWord('PARTITION', 'in STAGGER')
  reader.expectWord('BY', 'after PARTITION')
  const partitionBy = reader.list(() => reader.expression())
  reader.expectWord('RANGE', 'after the partition of STAGGER')
  if (!reader.isWord('INTERVAL')) reader.fail('INTERVAL after RANGE')
  const range = reader.value()
  reader.expectSymbol(')', 'after STAGGER')
  return { partitionBy, range, span: reader.spanFrom(first) }
}
