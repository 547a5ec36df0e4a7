/** `winref`, `winspec`, frames and sort keys. */
import type { FrameBound, OrderKey, WindowReference, WindowSpec } from '../ast.ts'
import type { TokenReader } from './token-reader.ts'

/** What follows OVER: a window's name or its definition in parentheses. */
export function parseWindowReference(reader: TokenReader): WindowReference {
  const first = reader.token
  if (!reader.isSymbol('(')) {
    const name = reader.name('a window name or "(" after OVER')
    return { kind: 'named', name, span: name.span }
  }
  reader.advance()
  const spec = parseWindowSpec(reader)
  reader.expectSymbol(')', 'after the window')
  return { ...spec, kind: 'spec', span: reader.spanFrom(first.span) }
}

export function parseWindowSpec(reader: TokenReader): WindowSpec {
  const first = reader.token
  const base = reader.isName() ? reader.name('a window name') : null
  const partitionBy = reader.takeWords('PARTITION', 'BY') ? reader.list(() => reader.expression()) : []
  const orderBy = reader.takeWords('ORDER', 'BY') ? parseOrderKeys(reader) : []
  const unit = reader.takeOneOf('ROWS', 'RANGE')
  let frame: WindowSpec['frame'] = null
  if (unit !== null) {
    if (reader.takeWords('BETWEEN')) {
      const start = parseBound(reader)
      reader.expectWord('AND', 'between the bounds of the frame')
      frame = { unit, start, end: parseBound(reader) }
    } else {
      frame = { unit, start: parseBound(reader), end: null }
    }
  }
  return { base, partitionBy, orderBy, frame, span: reader.spanFrom(first.span) }
}

function parseBound(reader: TokenReader): FrameBound {
  const first = reader.token
  if (reader.takeWords('CURRENT', 'ROW')) {
    return { kind: 'CURRENT ROW', offset: null, span: reader.spanFrom(first.span) }
  }
  if (reader.isWord('UNBOUNDED') && reader.isWordAt(1, 'PRECEDING', 'FOLLOWING')) {
    reader.advance()
    const kind = reader.advance().text === 'PRECEDING' ? 'UNBOUNDED PRECEDING' : 'UNBOUNDED FOLLOWING'
    return { kind, offset: null, span: reader.spanFrom(first.span) }
  }
  const offset = reader.value()
  const kind = reader.takeOneOf('PRECEDING', 'FOLLOWING')
  if (kind === null) reader.fail('PRECEDING or FOLLOWING after the bound of the frame')
  return { kind, offset, span: reader.spanFrom(first.span) }
}

/** `okey {',' okey}`, okey := expr [ASC | DESC] [NULLS (FIRST | LAST)] */
export function parseOrderKeys(reader: TokenReader): readonly OrderKey[] {
  return reader.list(() => {
    const first = reader.token
    const expression = reader.expression()
    const descending = reader.takeOneOf('ASC', 'DESC') === 'DESC'
    const nulls = reader.takeWords('NULLS') ? reader.takeOneOf('FIRST', 'LAST') : null
    return { expression, descending, nulls, span: reader.spanFrom(first.span) }
  })
}
