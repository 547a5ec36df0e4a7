/** Literals to values: numbers, dates, times, intervals, as strict as the service was. */
import type { TextSpan } from '../../../core/errors.ts'
import { DECIMAL_PRECISION_MAX, type IntervalUnit, integerRange } from '../../../core/sql-type.ts'
import type { ExpressionNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { BIGINT, DOUBLE, INTEGER, literal } from './build.ts'
import { fail } from './errors.ts'

/** @param negative whether a minus sign stands before it, which the smallest BIGINT needs */
export function bindNumber(
  text: string,
  form: 'integer' | 'decimal' | 'double',
  span: TextSpan,
  negative = false,
): Expression {
  if (form === 'double') {
    const value = Number(text)
    if (!Number.isFinite(value)) fail(`number ${text} does not fit DOUBLE`, span)
    return literal(negative ? -value : value, DOUBLE, span)
  }
  if (form === 'integer') {
    const value = negative ? -BigInt(text) : BigInt(text)
    const [low, high] = integerRange('BIGINT')
    if (value < low || value > high) fail(`number ${text} does not fit BIGINT`, span, 'write it as DOUBLE: 1e20')
    const [smallLow, smallHigh] = integerRange('INTEGER')
    if (value >= smallLow && value <= smallHigh) return literal(Number(value), INTEGER, span)
    return literal(value, BIGINT, span)
  }
  const [whole = '', fraction = ''] = text.split('.')
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const precision = Math.max(digits.length, fraction.length, 1)
  if (precision > DECIMAL_PRECISION_MAX) {
    fail(`number ${text} has more than ${DECIMAL_PRECISION_MAX} digits`, span, `write it as DOUBLE: ${text}e0`)
  }
  const value = BigInt(digits === '' ? '0' : digits)
  return literal(negative ? -value : value, { kind: 'DECIMAL', precision, scale: fraction.length }, span)
}

const FORMATS = {
  DATE: { pattern: /^(\d{4})-(\d{2})-(\d{2})$/, text: 'yyyy-MM-dd' },
  TIME: { pattern: /^()()()(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?$/, text: 'HH:mm:ss[.SSS]' },
  TIMESTAMP: {
    pattern: /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?$/,
    text: 'yyyy-MM-dd HH:mm:ss[.SSS]',
  },
} as const

export function bindDatetime(node: Extract<ExpressionNode, { kind: 'datetime' }>): Expression {
  const format = FORMATS[node.type]
  const match = format.pattern.exec(node.text)
  if (match === null) fail(`illegal ${node.type} literal '${node.text}': not in format '${format.text}'`, node.span)
  const field = (index: number, otherwise: number) => (match[index] ? Number(match[index]) : otherwise)
  const [year, month, day] = [field(1, 1970), field(2, 1), field(3, 1)]
  const [hour, minute, second] = [field(4, 0), field(5, 0), field(6, 0)]
  const millis = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!real || hour > 23 || minute > 59 || second > 59) {
    fail(`illegal ${node.type} literal '${node.text}': a field is out of range`, node.span)
  }
  const value = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1_000 + millis
  return literal(value, { kind: node.type }, node.span)
}

/** Milliseconds of the fixed units. */
export const UNIT_MS: Readonly<Record<Exclude<IntervalUnit, 'YEAR' | 'MONTH'>, number>> = {
  DAY: 86_400_000,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1_000,
}

const UNITS: readonly IntervalUnit[] = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND']
/** What stands before a field that is not the first. */
const SEPARATOR: Readonly<Record<IntervalUnit, string>> = {
  YEAR: '',
  MONTH: '-',
  DAY: '',
  HOUR: ' ',
  MINUTE: ':',
  SECOND: ':',
}
/** The largest value of a field that is not the first; a second has a fraction too. */
const FIELD_MAX: Readonly<Record<IntervalUnit, number>> = {
  YEAR: 0,
  MONTH: 11,
  DAY: 0,
  HOUR: 23,
  MINUTE: 59,
  SECOND: 59,
}
const SHAPE: Readonly<Record<IntervalUnit, string>> = {
  YEAR: 'Y',
  MONTH: 'M',
  DAY: 'D',
  HOUR: 'HH',
  MINUTE: 'MM',
  SECOND: 'SS.SSS',
}
/** Digits of the first field where the program does not say (AWS SQL reference, interval literals). */
const LEADING_PRECISION_DEFAULT = 2

/**
 * @param warn told when the first field has more digits than the default precision: an error by the letter of the
 *   reference, accepted because deployed programs have it
 */
export function bindInterval(
  node: Extract<ExpressionNode, { kind: 'interval' }>,
  warn: (message: string, span: TextSpan) => void,
): Expression {
  const { qualifier, text } = node
  const units = UNITS.slice(UNITS.indexOf(qualifier.from), UNITS.indexOf(qualifier.to) + 1)
  const shape = units.map((unit, index) => (index === 0 ? '' : SEPARATOR[unit]) + SHAPE[unit]).join('')
  const fields = units
    .map((unit, index) => (index === 0 ? '' : SEPARATOR[unit]) + (unit === 'SECOND' ? '(\\d+(?:\\.\\d+)?)' : '(\\d+)'))
    .join('')
  const match = new RegExp(`^([+-]?)${fields}$`).exec(text)
  const named = qualifier.from === qualifier.to ? qualifier.from : `${qualifier.from} TO ${qualifier.to}`
  if (match === null) fail(`illegal interval literal '${text}' for ${named}`, node.textSpan, `the format is '${shape}'`)
  const leading = (match[2] ?? '').split('.')[0] ?? ''
  const digits = leading.replace(/^0+(?=\d)/, '').length
  if (digits > (qualifier.leadingPrecision ?? LEADING_PRECISION_DEFAULT)) {
    const message = `interval '${text}' exceeds precision ${qualifier.leadingPrecision ?? LEADING_PRECISION_DEFAULT} of ${qualifier.from}`
    const hint = `write ${qualifier.from}(${digits})`
    if (qualifier.leadingPrecision !== null || digits > 10) fail(message, node.span, hint)
    warn(`${message}; ${hint}`, node.span)
  }
  let value = 0
  for (const [index, unit] of units.entries()) {
    const part = match[index + 2] ?? '0'
    if (index > 0 && Math.floor(Number(part)) > FIELD_MAX[unit]) {
      fail(`${unit} ${part} of interval '${text}' is above ${FIELD_MAX[unit]}`, node.textSpan)
    }
    value += fieldValue(unit, part)
  }
  const sign = (match[1] === '-') !== node.negative ? -1 : 1
  return literal(
    value === 0 ? 0 : sign * value,
    { kind: 'INTERVAL', from: qualifier.from, to: qualifier.to },
    node.span,
  )
}

/** Months for YEAR and MONTH, else milliseconds; digits beyond the millisecond are cut. */
function fieldValue(unit: IntervalUnit, text: string): number {
  if (unit === 'YEAR') return Number(text) * 12
  if (unit === 'MONTH') return Number(text)
  const [whole = '0', fraction = ''] = text.split('.')
  return Number(whole) * UNIT_MS[unit] + Number(fraction.padEnd(3, '0').slice(0, 3))
}
