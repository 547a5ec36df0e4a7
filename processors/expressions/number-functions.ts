/** Functions of numbers. Rounding keeps the type family; what mathematics does not define is a row error. */

import type { Value } from '../../core/rows.ts'
import { type SqlType, sqlTypeText, storageOf } from '../../core/sql-type.ts'
import { scaleOf } from './arithmetic.ts'
import { decimalText, powerOfTen } from './decimal.ts'
import { RowFailure } from './failures.ts'
import { type FunctionImplementation, prepared, scalar } from './function-call.ts'
import { powerOf } from './power.ts'

function invalid(message: string): RowFailure {
  return new RowFailure('INVALID_ARGUMENT', message)
}

function finite(value: number, what: string): number | RowFailure {
  return Number.isFinite(value) ? value : new RowFailure('NUMERIC_OVERFLOW', `${what} does not fit DOUBLE`)
}

/** Floored division of bigints. */
function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** FLOOR (-1) or CEIL (1) of a number, in the type of the call. */
function roundedNumber(direction: -1 | 1, from: SqlType, to: SqlType): (value: Value) => Value | RowFailure {
  const scale = scaleOf(from)
  if (storageOf(from) === 'bigint') {
    const unit = powerOfTen(scale)
    const shift = powerOfTen(scaleOf(to))
    return value => {
      const exact = value as bigint
      const whole = direction < 0 ? floorDivide(exact, unit) : -floorDivide(-exact, unit)
      return storageOf(to) === 'bigint' ? whole * shift : Number(whole)
    }
  }
  return value => {
    const whole = (direction < 0 ? Math.floor(value as number) : Math.ceil(value as number)) + 0
    return storageOf(to) === 'bigint' ? BigInt(whole) * powerOfTen(scaleOf(to)) : whole
  }
}

/** STEP(n BY k): the largest multiple of k that is not above n. */
function steppedNumber(from: SqlType): (value: Value, step: Value) => Value | RowFailure {
  if (storageOf(from) === 'bigint') {
    return (value, step) => {
      const size = step as bigint
      return size > 0n
        ? floorDivide(value as bigint, size) * size
        : invalid(`STEP by ${size}: the step must be above 0`)
    }
  }
  return (value, step) => {
    const size = step as number
    return size > 0
      ? Math.floor((value as number) / size) * size + 0
      : invalid(`STEP by ${size}: the step must be above 0`)
  }
}

const absolute = prepared(({ type }) => ([value]) => {
  if (typeof value === 'bigint') {
    const positive = value < 0n ? -value : value
    return BigInt.asIntN(64, positive) === positive
      ? positive
      : new RowFailure('NUMERIC_OVERFLOW', `ABS(${value}) does not fit ${sqlTypeText(type)}`)
  }
  const positive = Math.abs(value as number)
  const greatest = { TINYINT: 127, SMALLINT: 32_767, INTEGER: 2_147_483_647 }[type.kind as 'INTEGER'] ?? Infinity
  return positive <= greatest
    ? positive
    : new RowFailure('NUMERIC_OVERFLOW', `ABS(${value as number}) does not fit ${sqlTypeText(type)}`)
})

/** One argument may be of 64 bits and the other of fewer: the result is then of 64. */
const modulo = prepared(({ args, type }) =>
  storageOf(type) === 'bigint'
    ? ([a, b]) => {
        const [left, right] = [BigInt(a as number | bigint), BigInt(b as number | bigint)]
        return right === 0n
          ? new RowFailure('DIVISION_BY_ZERO', `division by zero: MOD(${decimalText(left, scaleOf(args[0]!.type))}, 0)`)
          : left % right
      }
    : ([a, b]) =>
        b === 0
          ? new RowFailure('DIVISION_BY_ZERO', `division by zero: MOD(${String(a)}, 0)`)
          : ((a as number) % (b as number)) + 0,
)

function power([base, exponent]: readonly Value[]): number | RowFailure {
  const x = base as number
  const y = exponent as number
  if (x === 0 && y < 0) return invalid(`POWER(0, ${y}): 0 has no negative power`)
  if (x < 0 && !Number.isInteger(y)) return invalid(`POWER(${x}, ${y}): a negative number has whole powers only`)
  return finite(powerOf(x, y), `POWER(${x}, ${y})`)
}

function logarithm(name: 'LN' | 'LOG10', compute: (value: number) => number): FunctionImplementation {
  return scalar(([value]) =>
    (value as number) > 0
      ? compute(value as number)
      : invalid(`${name}(${value as number}): the argument must be above 0`),
  )
}

export const NUMBER_FUNCTIONS: Readonly<Record<string, FunctionImplementation>> = {
  ABS: absolute,
  MOD: modulo,
  EXP: scalar(([value]) => finite(Math.exp(value as number), `EXP(${value as number})`)),
  LN: logarithm('LN', Math.log),
  LOG10: logarithm('LOG10', Math.log10),
  POWER: scalar(power),
  SQRT: scalar(([value]) =>
    (value as number) >= 0
      ? Math.sqrt(value as number)
      : invalid(`SQRT(${value as number}): the argument must not be below 0`),
  ),
  FLOOR: prepared(({ args, type }) => {
    const floor = roundedNumber(-1, args[0]!.type, type)
    return ([value]) => floor(value!)
  }),
  CEIL: prepared(({ args, type }) => {
    const ceil = roundedNumber(1, args[0]!.type, type)
    return ([value]) => ceil(value!)
  }),
  STEP_NUMBER: prepared(({ args }) => {
    const step = steppedNumber(args[0]!.type)
    return ([value, size]) => step(value!, size!)
  }),
}
