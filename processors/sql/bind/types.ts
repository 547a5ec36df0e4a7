/** Result types: promotion of operands, DECIMAL precision and scale, what may be cast into what (AWS SQL reference, "Data Types" and CAST). */
import { DECIMAL_PRECISION_MAX, type IntervalUnit, type SqlType } from '../../../core/sql-type.ts'
import type { ArithmeticOperator } from '../expression.ts'

const INTEGERS = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'] as const
type IntegerKind = (typeof INTEGERS)[number]
/** Decimal digits that hold every value of the type; BIGINT needs 19, 18 are the most there are. */
const INTEGER_DIGITS: Readonly<Record<IntegerKind, number>> = { TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 18 }

export type Family = 'number' | 'text' | 'binary' | 'boolean' | 'date' | 'time' | 'timestamp' | 'interval' | 'null'

export function familyOf(type: SqlType): Family {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return 'text'
    case 'BINARY':
    case 'VARBINARY':
      return 'binary'
    case 'BOOLEAN':
      return 'boolean'
    case 'DATE':
      return 'date'
    case 'TIME':
      return 'time'
    case 'TIMESTAMP':
      return 'timestamp'
    case 'INTERVAL':
      return 'interval'
    case 'NULL':
      return 'null'
    default:
      return 'number'
  }
}

export function isNumeric(type: SqlType): boolean {
  return familyOf(type) === 'number'
}

export function isInteger(type: SqlType): boolean {
  return integerKind(type) !== null
}

export function isText(type: SqlType): boolean {
  return familyOf(type) === 'text'
}

export function isDatetime(type: SqlType): boolean {
  return type.kind === 'DATE' || type.kind === 'TIME' || type.kind === 'TIMESTAMP'
}

function integerKind(type: SqlType): IntegerKind | null {
  return INTEGERS.find(kind => kind === type.kind) ?? null
}

/** True for YEAR, MONTH and YEAR TO MONTH, whose values are months. */
export function isMonths(type: { readonly from: IntervalUnit }): boolean {
  return type.from === 'YEAR' || type.from === 'MONTH'
}

/** A numeric type as DECIMAL; REAL and DOUBLE have none. */
export function asDecimal(type: SqlType): Extract<SqlType, { kind: 'DECIMAL' }> | null {
  if (type.kind === 'DECIMAL') return type
  const kind = integerKind(type)
  return kind === null ? null : { kind: 'DECIMAL', precision: INTEGER_DIGITS[kind], scale: 0 }
}

/** The type of `left operator right` for two numbers. */
export function arithmeticType(operator: ArithmeticOperator, left: SqlType, right: SqlType): SqlType {
  if (left.kind === 'DOUBLE' || right.kind === 'DOUBLE') return { kind: 'DOUBLE' }
  if (left.kind === 'REAL' || right.kind === 'REAL') return { kind: 'REAL' }
  const a = asDecimal(left)
  const b = asDecimal(right)
  if (a === null || b === null || (left.kind !== 'DECIMAL' && right.kind !== 'DECIMAL')) return wider(left, right)
  return decimalType(operator, a.precision, a.scale, b.precision, b.scale)
}

function decimalType(operator: ArithmeticOperator, p1: number, s1: number, p2: number, s2: number): SqlType {
  const max = DECIMAL_PRECISION_MAX
  if (operator === '/') {
    const scale = Math.max(6, s1 + p2 + 1)
    const whole = p1 - s1 + s2
    if (whole + scale <= max) return { kind: 'DECIMAL', precision: whole + scale, scale }
    // Whole digits are kept as long as the scale of the dividend is.
    return { kind: 'DECIMAL', precision: max, scale: Math.max(s1, max - whole) }
  }
  const scale = operator === '*' ? s1 + s2 : Math.max(s1, s2)
  const precision = operator === '*' ? p1 + p2 : Math.max(p1 - s1, p2 - s2) + scale + 1
  return { kind: 'DECIMAL', precision: Math.min(max, precision), scale: Math.min(max, scale) }
}

function wider(left: SqlType, right: SqlType): SqlType {
  const rank = (type: SqlType) => INTEGERS.findIndex(kind => kind === type.kind)
  return rank(left) >= rank(right) ? left : right
}

/** The type that both values take in a comparison, CASE, COALESCE or UNION ALL, or null if there is none. */
export function commonType(left: SqlType, right: SqlType): SqlType | null {
  if (left.kind === 'NULL') return right
  if (right.kind === 'NULL') return left
  const family = familyOf(left)
  if (family !== familyOf(right)) return null
  switch (family) {
    case 'number':
      return commonNumber(left, right)
    case 'text':
    case 'binary':
      return commonSized(left, right)
    case 'interval':
      return left.kind === 'INTERVAL' && right.kind === 'INTERVAL' ? commonInterval(left, right) : null
    default:
      return left
  }
}

function commonNumber(left: SqlType, right: SqlType): SqlType {
  if (left.kind === 'DOUBLE' || right.kind === 'DOUBLE') return { kind: 'DOUBLE' }
  if (left.kind === 'REAL' || right.kind === 'REAL') return { kind: 'REAL' }
  const a = asDecimal(left)
  const b = asDecimal(right)
  if (a === null || b === null || (left.kind !== 'DECIMAL' && right.kind !== 'DECIMAL')) return wider(left, right)
  const scale = Math.max(a.scale, b.scale)
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale)
  return { kind: 'DECIMAL', precision: Math.min(DECIMAL_PRECISION_MAX, whole + scale), scale }
}

/**
 * True for two exact numbers of which no DECIMAL holds every value: BIGINT beside DECIMAL, or many digits on both sides of the
 * point together. They compare as they are, each with its own scale.
 */
export function comparesAsItIs(left: SqlType, right: SqlType): boolean {
  const a = asDecimal(left)
  const b = asDecimal(right)
  if (a === null || b === null || (left.kind !== 'DECIMAL' && right.kind !== 'DECIMAL')) return false
  if (left.kind === 'BIGINT' || right.kind === 'BIGINT') return true
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale)
  return whole + Math.max(a.scale, b.scale) > DECIMAL_PRECISION_MAX
}

function commonSized(left: SqlType, right: SqlType): SqlType | null {
  if (!('length' in left) || !('length' in right)) return null
  const length = Math.max(left.length, right.length)
  if (left.kind === right.kind) return { kind: left.kind, length }
  return { kind: familyOf(left) === 'text' ? 'VARCHAR' : 'VARBINARY', length }
}

type IntervalType = Extract<SqlType, { kind: 'INTERVAL' }>
const UNIT_RANK: Readonly<Record<IntervalUnit, number>> = { YEAR: 0, MONTH: 1, DAY: 2, HOUR: 3, MINUTE: 4, SECOND: 5 }

/** The interval with the most and the least significant field of both; null where months meet shorter units. */
export function commonInterval(left: IntervalType, right: IntervalType): IntervalType | null {
  if (isMonths(left) !== isMonths(right)) return null
  const from = UNIT_RANK[left.from] <= UNIT_RANK[right.from] ? left.from : right.from
  const to = UNIT_RANK[left.to] >= UNIT_RANK[right.to] ? left.to : right.to
  return { kind: 'INTERVAL', from, to }
}

/** What is wrong with CAST(from AS to), or null. */
export function castProblem(from: SqlType, to: SqlType): string | null {
  const source = familyOf(from)
  const target = familyOf(to)
  const forbidden = ''
  if (source === 'null') return null
  if (from.kind === 'INTERVAL' && to.kind === 'INTERVAL') return isMonths(from) === isMonths(to) ? null : forbidden
  if (source === target) return null
  if (from.kind === 'INTERVAL' && target === 'number') {
    if (asDecimal(to) === null) return 'an interval becomes BIGINT or DECIMAL'
    return from.from === from.to ? null : 'only an interval of one field becomes a number: write (a - b) SECOND'
  }
  if (to.kind === 'INTERVAL' && source === 'number') return "multiply: n * INTERVAL '1' SECOND"
  if (source === 'timestamp' && target === 'number') return 'use UNIX_TIMESTAMP'
  if (source === 'number' && target === 'timestamp') return 'use TO_TIMESTAMP'
  if (source === 'text') return target === 'binary' ? forbidden : null
  if (target === 'text') return source === 'binary' ? forbidden : null
  if (source === 'timestamp') return target === 'date' || target === 'time' ? null : forbidden
  if (target === 'timestamp') return source === 'date' || source === 'time' ? null : forbidden
  return forbidden
}
