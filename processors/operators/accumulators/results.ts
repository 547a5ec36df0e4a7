/** Results of aggregates in their types; one that does not fit is a row error. */
import type { Value } from '../../../core/rows.ts'
import { type SqlType, sqlTypeText } from '../../../core/sql-type.ts'
import { numberRange, scaleOf } from '../../expressions/arithmetic.ts'
import { decimalText, divideRounded, fitsPrecision, powerOfTen, rescale } from '../../expressions/decimal.ts'
import { RowFailure } from '../../expressions/failures.ts'
import type { Accumulator } from '../accumulators.ts'
import type { ResultColumn } from '../result-builder.ts'

function overflow(text: string, type: SqlType): RowFailure {
  return new RowFailure('NUMERIC_OVERFLOW', `${text} does not fit ${sqlTypeText(type)}`)
}

/** A whole number of some scale as a value of an integer or DECIMAL type. */
export function exactValue(unscaled: bigint, scale: number, type: SqlType): Value | RowFailure {
  if (type.kind === 'DECIMAL') {
    const value = rescale(unscaled, scale, type.scale)
    return fitsPrecision(value, type.precision) ? value : overflow(decimalText(value, type.scale), type)
  }
  const whole = rescale(unscaled, scale, 0)
  if (type.kind === 'BIGINT') return BigInt.asIntN(64, whole) === whole ? whole : overflow(String(whole), type)
  const [least, greatest] = numberRange(type)
  const value = Number(whole)
  return value >= least && value <= greatest ? value : overflow(String(whole), type)
}

/** A sum of whole numbers of the scale of `argument`, divided by their count: integers truncate, DECIMAL rounds at the scale of the result. */
export function exactAverage(total: bigint, count: number, argument: SqlType, type: SqlType): Value | RowFailure {
  const scale = scaleOf(argument)
  const to = scaleOf(type)
  if (to === 0 && scale === 0) return exactValue(total / BigInt(count), 0, type)
  const up = Math.max(to, scale)
  return exactValue(divideRounded(total * powerOfTen(up - scale), BigInt(count) * powerOfTen(up - to)), to, type)
}

/** A result of type REAL or DOUBLE. */
export function doubleValue(value: number, type: SqlType): Value | RowFailure {
  const rounded = type.kind === 'REAL' ? Math.fround(value) : value
  return Number.isFinite(rounded) ? rounded : overflow(String(value), type)
}

/** Results slot by slot, for `Accumulator.results` where no loop over arrays does it. */
export function eachResult(
  accumulator: Pick<Accumulator, 'result'>,
  from: number,
  to: number,
  into: ResultColumn,
  at: number,
): boolean {
  for (let slot = from; slot < to; slot++) {
    const result = accumulator.result(slot)
    if (result instanceof RowFailure) return false
    into.set(at + slot - from, result)
  }
  return true
}
