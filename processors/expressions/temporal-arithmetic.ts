/** Datetimes and intervals: differences, shifts, sums, multiples. */
import type { TextSpan } from '../../core/errors.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import type { ArithmeticOperator } from '../sql/expression.ts'
import { scaleOf } from './arithmetic.ts'
import { addMonths, DAY_MS, monthsBetween, TIMESTAMP_MAX, TIMESTAMP_MIN } from './calendar.ts'
import { countsMonths, unitSize } from './datetime-text.ts'
import { decimalToNumber } from './decimal.ts'
import { RowFailure } from './failures.ts'
import type { Kernel } from './kernel.ts'
import { type LiftedArgument, lift } from './lift.ts'

export function isDatetime(type: SqlType): boolean {
  return type.kind === 'DATE' || type.kind === 'TIME' || type.kind === 'TIMESTAMP'
}

type Numbers = (a: number, b: number) => number | RowFailure

/** Arithmetic where an operand is an interval or a datetime. */
export function temporalArithmetic(
  operator: ArithmeticOperator,
  left: LiftedArgument,
  right: LiftedArgument,
  type: SqlType,
  span: TextSpan,
): Kernel {
  const compute = temporalNumbers(operator, left.type, right.type, type)
  const readLeft = factorReader(left.type)
  const readRight = factorReader(right.type)
  return lift(args => compute(readLeft(args[0]), readRight(args[1])), [left, right], type, span)
}

export function factorReader(type: SqlType): (value: unknown) => number {
  const scale = scaleOf(type)
  return storageOf(type) === 'bigint' ? value => decimalToNumber(value as bigint, scale) : value => value as number
}

export function temporalNumbers(operator: ArithmeticOperator, left: SqlType, right: SqlType, type: SqlType): Numbers {
  if (isDatetime(left) && isDatetime(right)) return difference(type)
  if (isDatetime(left)) {
    const sign = operator === '-' ? -1 : 1
    return shift(left, right, sign)
  }
  if (isDatetime(right)) {
    const add = shift(right, left, 1)
    return (interval, datetime) => add(datetime, interval)
  }
  if (left.kind === 'INTERVAL' && right.kind === 'INTERVAL')
    return operator === '-' ? (a, b) => a - b + 0 : (a, b) => a + b
  if (operator === '/')
    return (a, b) => (b === 0 ? new RowFailure('DIVISION_BY_ZERO', `division by zero: an interval / 0`) : whole(a / b))
  return (a, b) => whole(a * b)
}

function whole(value: number): number | RowFailure {
  const cut = Math.trunc(value) + 0
  return Number.isSafeInteger(cut) ? cut : new RowFailure('NUMERIC_OVERFLOW', 'interval does not fit 64 bits')
}

/** Left minus right in the smallest unit of the result, truncated toward zero. */
function difference(type: SqlType): Numbers {
  if (type.kind !== 'INTERVAL') return (a, b) => a - b
  if (countsMonths(type)) {
    const months = type.to === 'YEAR' ? 12 : 1
    return (a, b) => Math.trunc(monthsBetween(a, b) / months) * months + 0
  }
  // Seconds keep their milliseconds.
  if (type.to === 'SECOND') return (a, b) => a - b + 0
  const size = unitSize(type.to)
  return (a, b) => Math.trunc((a - b) / size) * size + 0
}

function shift(datetime: SqlType, interval: SqlType, sign: number): Numbers {
  const months = countsMonths(interval)
  return (at, by) => {
    const moved = months ? addMonths(at, sign * by) : at + sign * by
    // A time of day goes round the clock; a date stays at midnight.
    if (datetime.kind === 'TIME') return moved - Math.floor(moved / DAY_MS) * DAY_MS
    const result = datetime.kind === 'DATE' ? Math.floor(moved / DAY_MS) * DAY_MS : moved
    return result >= TIMESTAMP_MIN && result <= TIMESTAMP_MAX
      ? result + 0
      : new RowFailure('NUMERIC_OVERFLOW', `a ${datetime.kind} lies within the years 1 to 9999`)
  }
}
