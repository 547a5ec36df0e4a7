/** Literals that are more than one token: unicode and binary text, dates, intervals and their qualifiers. */
import { SqlError } from '../../../core/errors.ts'
import type { IntervalUnit } from '../../../core/sql-type.ts'
import type { ExpressionNode, Qualifier } from '../ast.ts'
import type { TokenReader } from './token-reader.ts'

/** From most to least significant. */
export const UNITS: readonly IntervalUnit[] = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND']

/** The text of a string or unicode literal. */
export function parseText(reader: TokenReader, what: string): string {
  const token = reader.token
  if (token.kind === 'string') return reader.advance().text
  if (token.kind !== 'unicode') return reader.fail(what)
  reader.advance()
  let escape = '\\'
  if (reader.takeWords('UESCAPE')) {
    const character = reader.token
    if (character.kind !== 'string' || character.text.length !== 1 || /[0-9a-fA-F+'"\s]/.test(character.text)) {
      reader.fail('one escape character in quotes after UESCAPE')
    }
    escape = reader.advance().text
  }
  return decodeUnicode(token.text, escape, reader.spanFrom(token.span))
}

function decodeUnicode(text: string, escape: string, span: SqlError['span']): string {
  let decoded = ''
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at)
    if (character !== escape) {
      decoded += character
      at++
    } else if (text.charAt(at + 1) === escape) {
      decoded += escape
      at += 2
    } else {
      const digits = text.slice(at + 1, at + 5)
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
        throw new SqlError('sql_syntax', `unicode escape ${escape}${digits} does not have four hex digits`, span)
      }
      decoded += String.fromCharCode(Number.parseInt(digits, 16))
      at += 5
    }
  }
  return decoded
}

/** X'3F67' */
export function parseBinary(reader: TokenReader): ExpressionNode {
  const token = reader.advance()
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(token.text)) {
    throw new SqlError('sql_syntax', 'binary literal must hold pairs of hex digits', token.span)
  }
  const bytes = new Uint8Array(token.text.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(token.text.slice(2 * at, 2 * at + 2), 16)
  return { kind: 'binary', bytes, span: token.span }
}

/** DATE 'text', TIME 'text', TIMESTAMP 'text', or null where the word begins something else. */
export function parseDatetime(reader: TokenReader): ExpressionNode | null {
  const token = reader.token
  if (!reader.isWord('DATE', 'TIME', 'TIMESTAMP') || reader.peek(1).kind !== 'string') return null
  reader.advance()
  const { text } = reader.advance()
  return {
    kind: 'datetime',
    type: token.text as 'DATE' | 'TIME' | 'TIMESTAMP',
    text,
    span: reader.spanFrom(token.span),
  }
}

/** `INTERVAL [+|-] 'text' qualifier` */
export function parseInterval(reader: TokenReader): ExpressionNode {
  const first = reader.expectWord('INTERVAL', 'here')
  const negative = reader.takeSymbol('-')
  if (!negative) reader.takeSymbol('+')
  const token = reader.token
  if (token.kind !== 'string') reader.fail("the length of the interval in quotes, as in INTERVAL '10' SECOND")
  reader.advance()
  const qualifier = parseQualifier(reader)
  return {
    kind: 'interval',
    negative,
    text: token.text,
    textSpan: token.span,
    qualifier,
    span: reader.spanFrom(first.span),
  }
}

/** `unit ['(' p [',' f] ')'] [TO unit ['(' f ')']]` */
export function parseQualifier(reader: TokenReader): Qualifier {
  const first = reader.token
  const from = parseUnit(reader)
  let precisions = parsePrecisions(reader, from === 'SECOND' ? 2 : 1)
  const leadingPrecision = precisions[0] ?? null
  let fractionPrecision = precisions[1] ?? null
  let to = from
  // FLOOR((a - b) SECOND TO SECOND): a TO that does not lead to a finer unit belongs to the call around.
  const next = reader.peek(1)
  const finer = reader.isWord('TO') && next.kind === 'word' ? UNITS.indexOf(next.text as IntervalUnit) : -1
  if (finer > UNITS.indexOf(from)) {
    reader.advance()
    const unit = reader.token
    to = parseUnit(reader)
    if ((from === 'YEAR' || from === 'MONTH') !== (to === 'YEAR' || to === 'MONTH')) {
      throw new SqlError(
        'sql_syntax',
        `interval ${from} TO ${to} mixes months with shorter units`,
        unit.span,
        'months have no fixed length',
      )
    }
    precisions = to === 'SECOND' ? parsePrecisions(reader, 1) : []
    fractionPrecision = precisions[0] ?? null
  }
  const span = reader.spanFrom(first.span)
  if (leadingPrecision !== null && (leadingPrecision < 1 || leadingPrecision > 10)) {
    throw new SqlError('sql_syntax', `interval precision must be from 1 to 10 digits, not ${leadingPrecision}`, span)
  }
  if (fractionPrecision !== null && fractionPrecision > 9) {
    throw new SqlError('sql_syntax', `fraction precision must be from 0 to 9 digits, not ${fractionPrecision}`, span)
  }
  return { from, to, leadingPrecision, fractionPrecision, span }
}

function parsePrecisions(reader: TokenReader, count: number): readonly number[] {
  if (!reader.isSymbol('(')) return []
  reader.advance()
  const precisions = reader.list(() => parseInteger(reader, 'a number of digits'))
  if (precisions.length > count) reader.fail(`at most ${count} ${count === 1 ? 'precision' : 'precisions'}`)
  reader.expectSymbol(')', 'after the precision')
  return precisions
}

/** One of the six units. */
export function parseUnit(reader: TokenReader): IntervalUnit {
  const { token } = reader
  const unit = token.kind === 'word' ? UNITS.find(candidate => candidate === token.text) : undefined
  if (unit === undefined) {
    const singular = token.kind === 'word' ? UNITS.find(candidate => `${candidate}S` === token.text) : undefined
    reader.fail(
      'YEAR, MONTH, DAY, HOUR, MINUTE or SECOND',
      singular === undefined ? null : `units have no plural: write ${singular}`,
    )
  }
  reader.advance()
  return unit
}

export function parseInteger(reader: TokenReader, what: string): number {
  if (reader.token.kind !== 'integer') reader.fail(what)
  return Number(reader.advance().text)
}
