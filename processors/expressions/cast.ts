/** CAST and the conversions of assignment: numbers round half away from zero, text must match its format exactly. */
import type { TextSpan } from '../../core/errors.ts'
import type { Value } from '../../core/rows.ts'
import { type SqlType, sameSqlType, sqlTypeText, storageOf } from '../../core/sql-type.ts'
import { isInteger, numberRange, scaleOf } from './arithmetic.ts'
import { DAY_MS } from './calendar.ts'
import { withoutPadding } from './comparison.ts'
import {
  countsMonths,
  dateText,
  intervalText,
  parseDate,
  parseInterval,
  parseTime,
  parseTimestamp,
  timestampText,
  timeText,
  unitSize,
} from './datetime-text.ts'
import {
  decimalText,
  decimalToNumber,
  fitsPrecision,
  numberToDecimal,
  parseDecimal,
  rescale,
  roundAway,
} from './decimal.ts'
import { RowFailure, shown } from './failures.ts'
import type { ExpressionHost, Kernel } from './kernel.ts'
import { type LiftedArgument, lift } from './lift.ts'
import { asBigints, asNumbers, bigintVector, numberVector } from './vectors.ts'

type Convert = (value: Value) => Value | RowFailure

/**
 * The conversion as a kernel, or null where the matrix of conversions has no such pair.
 */
export function castKernel(operand: LiftedArgument, to: SqlType, span: TextSpan, host: ExpressionHost): Kernel | null {
  const from = operand.type
  if (storageOf(from) === storageOf(to) && widens(from, to)) return operand.kernel
  const convert = conversionOf(from, to, host)
  if (convert === null) return null
  if (storageOf(from) === 'number' && storageOf(to) === 'number') return numberToNumber(operand.kernel, convert, span)
  if (storageOf(from) === 'number' && storageOf(to) === 'bigint') return numberToBigint(operand.kernel, convert, span)
  if (storageOf(from) === 'bigint' && storageOf(to) === 'number') return bigintToNumber(operand.kernel, convert, span)
  return lift(args => convert(args[0]!), [operand], to, span)
}

/** True when every value of a type is the same value of the other, so that there is nothing to do. */
export function widens(from: SqlType, to: SqlType): boolean {
  if (sameSqlType(from, to)) return true
  switch (to.kind) {
    case 'SMALLINT':
      return from.kind === 'TINYINT'
    case 'INTEGER':
      return from.kind === 'TINYINT' || from.kind === 'SMALLINT'
    case 'DOUBLE':
      return from.kind === 'TINYINT' || from.kind === 'SMALLINT' || from.kind === 'INTEGER' || from.kind === 'REAL'
    case 'DECIMAL':
      return from.kind === 'DECIMAL' && from.scale === to.scale && from.precision <= to.precision
    case 'VARCHAR':
      return (from.kind === 'VARCHAR' || from.kind === 'CHAR') && from.length <= to.length
    case 'VARBINARY':
      return (from.kind === 'VARBINARY' || from.kind === 'BINARY') && from.length <= to.length
    case 'TIMESTAMP':
      return from.kind === 'DATE'
    case 'INTERVAL':
      return from.kind === 'INTERVAL' && to.to === 'SECOND' && !countsMonths(from)
    default:
      return false
  }
}

/** A converter of values that are not NULL; null where there is none. */
export function conversionOf(from: SqlType, to: SqlType, host: ExpressionHost): Convert | null {
  if (from.kind === 'NULL') return () => null
  if (sameSqlType(from, to)) return value => value
  switch (to.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'REAL':
    case 'DOUBLE':
      return toNumber(from, to)
    case 'BIGINT':
    case 'DECIMAL':
      return toExact(from, to)
    case 'BOOLEAN':
      return isText(from) ? toBoolean : null
    case 'CHAR':
    case 'VARCHAR':
      return toText(from, to)
    case 'BINARY':
    case 'VARBINARY':
      if (storageOf(from) !== 'binary') return null
      return value =>
        (value as Uint8Array).length <= to.length
          ? value
          : new RowFailure('STRING_TOO_LONG', `${(value as Uint8Array).length} bytes do not fit ${sqlTypeText(to)}`)
    case 'DATE':
      if (isText(from)) return parsed(parseDate, to)
      return from.kind === 'TIMESTAMP' ? value => Math.floor((value as number) / DAY_MS) * DAY_MS : null
    case 'TIME':
      if (isText(from)) return parsed(parseTime, to)
      return from.kind === 'TIMESTAMP' ? value => inDay(value as number) : null
    case 'TIMESTAMP':
      if (isText(from)) return parsed(parseTimestamp, to)
      if (from.kind === 'DATE') return value => value
      // A time of day becomes an instant of the day on which the program started (CURRENT_DATE).
      if (from.kind === 'TIME') return value => host.startedAt - inDay(host.startedAt) + (value as number)
      return null
    case 'INTERVAL':
      return toInterval(from, to)
    case 'NULL':
      return null
  }
}

function isText(type: SqlType): boolean {
  return storageOf(type) === 'text'
}

function inDay(ms: number): number {
  return ms - Math.floor(ms / DAY_MS) * DAY_MS
}

function castError(value: unknown, to: SqlType): RowFailure {
  return new RowFailure('CAST_ERROR', `${shown(value)} is no ${sqlTypeText(to)}`)
}

function overflow(text: string, to: SqlType): RowFailure {
  return new RowFailure('NUMERIC_OVERFLOW', `${text} does not fit ${sqlTypeText(to)}`)
}

function parsed(parse: (text: string) => number | null, to: SqlType): Convert {
  return value => parse(value as string) ?? castError(value, to)
}

function toBoolean(value: Value): Value | RowFailure {
  switch ((value as string).toLowerCase()) {
    case 'true':
      return 1
    case 'false':
      return 0
    case 'unknown':
      return null
    default:
      return castError(value, { kind: 'BOOLEAN' })
  }
}

function isNumeric(type: SqlType): boolean {
  return isInteger(type) || type.kind === 'DECIMAL' || type.kind === 'REAL' || type.kind === 'DOUBLE'
}

function toNumber(from: SqlType, to: SqlType): Convert | null {
  const [least, greatest] = numberRange(to)
  const fit = isInteger(to)
    ? (value: number) => {
        const rounded = roundAway(value)
        return rounded >= least && rounded <= greatest ? rounded : overflow(String(value), to)
      }
    : (value: number) => {
        const rounded = to.kind === 'REAL' ? Math.fround(value) : value
        return Number.isFinite(rounded) ? rounded : overflow(String(value), to)
      }
  if (isText(from)) {
    return value => {
      const text = (value as string).trim()
      if (isInteger(to)) {
        const whole = parseDecimal(text, 0)
        return whole === null ? castError(value, to) : fit(Number(whole))
      }
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? fit(Number(text)) : castError(value, to)
    }
  }
  if (from.kind === 'INTERVAL') return intervalCount(from, fit)
  if (!isNumeric(from)) return null
  const scale = scaleOf(from)
  if (storageOf(from) === 'number') return value => fit(value as number)
  if (isInteger(to)) {
    return value => {
      const whole = rescale(value as bigint, scale, 0)
      return whole >= BigInt(least) && whole <= BigInt(greatest)
        ? Number(whole)
        : overflow(decimalText(value as bigint, scale), to)
    }
  }
  return value => fit(decimalToNumber(value as bigint, scale))
}

function toExact(from: SqlType, to: SqlType): Convert | null {
  const scale = scaleOf(to)
  const fits = (value: bigint): boolean =>
    to.kind === 'DECIMAL' ? fitsPrecision(value, to.precision) : BigInt.asIntN(64, value) === value
  if (isText(from)) {
    return value => {
      const unscaled = parseDecimal((value as string).trim(), scale)
      if (unscaled === null) return castError(value, to)
      return fits(unscaled) ? unscaled : overflow(shown(value), to)
    }
  }
  if (from.kind === 'INTERVAL') {
    return intervalCount(from, count => {
      const unscaled = to.kind === 'DECIMAL' ? numberToDecimal(count, scale) : BigInt(Math.trunc(count))
      return fits(unscaled) ? unscaled : overflow(String(count), to)
    })
  }
  if (!isNumeric(from)) return null
  if (storageOf(from) === 'bigint') {
    const fromScale = scaleOf(from)
    return value => {
      const unscaled = rescale(value as bigint, fromScale, scale)
      return fits(unscaled) ? unscaled : overflow(decimalText(value as bigint, fromScale), to)
    }
  }
  if (isInteger(from)) {
    return value => {
      const unscaled = rescale(BigInt(value as number), 0, scale)
      return fits(unscaled) ? unscaled : overflow(String(value), to)
    }
  }
  return value => {
    const unscaled = numberToDecimal(value as number, scale)
    return fits(unscaled) ? unscaled : overflow(String(value), to)
  }
}

/** The count of an interval of one field. */
function intervalCount(from: SqlType, fit: (count: number) => Value | RowFailure): Convert | null {
  if (from.kind !== 'INTERVAL' || from.from !== from.to) return null
  const size = unitSize(from.to)
  return value => fit((value as number) / size)
}

function toInterval(from: SqlType, to: Extract<SqlType, { kind: 'INTERVAL' }>): Convert | null {
  if (isText(from)) return parsed(text => parseInterval(text.trim(), to), to)
  if (from.kind !== 'INTERVAL' || countsMonths(from) !== countsMonths(to)) return null
  if (to.to === 'SECOND') return value => value
  const size = unitSize(to.to)
  return value => Math.trunc((value as number) / size) * size + 0
}

/** A value of any type as SQL text, as CAST to VARCHAR writes it. */
export function textOf(value: Value, type: SqlType): string {
  switch (type.kind) {
    case 'DECIMAL':
      return decimalText(value as bigint, type.scale)
    case 'BOOLEAN':
      return value === 1 ? 'TRUE' : 'FALSE'
    case 'DATE':
      return dateText(value as number)
    case 'TIME':
      return timeText(value as number)
    case 'TIMESTAMP':
      return timestampText(value as number)
    case 'INTERVAL':
      return intervalText(value as number, type)
    case 'REAL':
      return realText(value as number)
    default:
      return String(value)
  }
}

/** The shortest decimal text that reads back as the same 32-bit number. */
export function realText(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)))
    if (Math.fround(Number(text)) === value) return text
  }
  return String(Number(value.toPrecision(9)))
}

/** Length in code points; most texts have no surrogates, and then it is the number of code units. */
export function codePointLength(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0xd800 || unit > 0xdbff) continue
    const next = text.charCodeAt(i + 1)
    if (next >= 0xdc00 && next <= 0xdfff) {
      length--
      i++
    }
  }
  return length
}

function toText(from: SqlType, to: Extract<SqlType, { length: number }>): Convert | null {
  if (storageOf(from) === 'binary') return null
  return value => {
    const plain = isText(from) ? (value as string) : textOf(value, from)
    // CHAR values are stored without their padding, so trailing blanks are never too long for one.
    const text = to.kind === 'CHAR' ? withoutPadding(plain) : plain
    const length = codePointLength(text)
    return length <= to.length
      ? text
      : new RowFailure('STRING_TOO_LONG', `${shown(text)} of ${length} characters does not fit ${sqlTypeText(to)}`)
  }
}

function numberToNumber(operand: Kernel, convert: Convert, span: TextSpan): Kernel {
  return (evaluation, selection) => {
    const column = asNumbers(operand(evaluation, selection))
    const out = numberVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const value = column.nulls[row] === 1 ? null : convert(column.values[row]!)
      if (typeof value === 'number') out.values[row] = value
      else {
        out.nulls[row] = 1
        if (value instanceof RowFailure) evaluation.failures.add(row, value, span)
      }
    }
    return out
  }
}

function numberToBigint(operand: Kernel, convert: Convert, span: TextSpan): Kernel {
  return (evaluation, selection) => {
    const column = asNumbers(operand(evaluation, selection))
    const out = bigintVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const value = column.nulls[row] === 1 ? null : convert(column.values[row]!)
      if (typeof value === 'bigint') out.values[row] = value
      else {
        out.nulls[row] = 1
        if (value instanceof RowFailure) evaluation.failures.add(row, value, span)
      }
    }
    return out
  }
}

function bigintToNumber(operand: Kernel, convert: Convert, span: TextSpan): Kernel {
  return (evaluation, selection) => {
    const column = asBigints(operand(evaluation, selection))
    const out = numberVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const value = column.nulls[row] === 1 ? null : convert(column.values[row]!)
      if (typeof value === 'number') out.values[row] = value
      else {
        out.nulls[row] = 1
        if (value instanceof RowFailure) evaluation.failures.add(row, value, span)
      }
    }
    return out
  }
}
