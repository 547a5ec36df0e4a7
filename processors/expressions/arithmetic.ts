/** + - * / and unary minus over numbers: integers overflow as row errors, DECIMAL is exact, division by zero is a row error. */
import { unreachable } from '../../core/assert.ts'
import type { TextSpan } from '../../core/errors.ts'
import type { Value } from '../../core/rows.ts'
import { integerRange, type SqlType, sqlTypeText } from '../../core/sql-type.ts'
import type { ArithmeticOperator } from '../sql/expression.ts'
import { decimalText, divideRounded, fitsPrecision, powerOfTen, rescale } from './decimal.ts'
import { RowFailure } from './failures.ts'
import type { Kernel } from './kernel.ts'
import { asBigints, asNumbers, bigintVector, numberVector } from './vectors.ts'

/** Digits after the point of an exact type. */
export function scaleOf(type: SqlType): number {
  return type.kind === 'DECIMAL' ? type.scale : 0
}

const INTEGER_RANGES = {
  TINYINT: numbersOf(integerRange('TINYINT')),
  SMALLINT: numbersOf(integerRange('SMALLINT')),
  INTEGER: numbersOf(integerRange('INTEGER')),
} as const
const EVERY_NUMBER = [-Number.MAX_VALUE, Number.MAX_VALUE] as const

function numbersOf([least, greatest]: readonly [bigint, bigint]): readonly [number, number] {
  return [Number(least), Number(greatest)]
}

/** Least and greatest value that a type with number storage may hold, both included. */
export function numberRange(type: SqlType): readonly [number, number] {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
      return INTEGER_RANGES[type.kind]
    default:
      return EVERY_NUMBER
  }
}

export function isInteger(type: SqlType): boolean {
  return type.kind === 'TINYINT' || type.kind === 'SMALLINT' || type.kind === 'INTEGER' || type.kind === 'BIGINT'
}

function overflow(text: string, type: SqlType): RowFailure {
  return new RowFailure('NUMERIC_OVERFLOW', `${text} does not fit ${sqlTypeText(type)}`)
}

function divisionByZero(left: unknown): RowFailure {
  return new RowFailure('DIVISION_BY_ZERO', `division by zero: ${String(left)} / 0`)
}

/** Why two numbers have no result. */
export function numberFailure(operator: ArithmeticOperator, x: number, y: number, type: SqlType): RowFailure {
  return operator === '/' && y === 0 ? divisionByZero(x) : overflow(`${x} ${operator} ${y}`, type)
}

/** TINYINT, SMALLINT, INTEGER, REAL, DOUBLE. */
export function numberArithmetic(
  operator: ArithmeticOperator,
  left: Kernel,
  right: Kernel,
  type: SqlType,
  span: TextSpan,
): Kernel {
  const [least, greatest] = numberRange(type)
  const integer = isInteger(type)
  const real = type.kind === 'REAL'
  return (evaluation, selection) => {
    const a = asNumbers(left(evaluation, selection))
    const b = asNumbers(right(evaluation, selection))
    const out = numberVector(evaluation.batch.length)
    const { values, nulls } = out
    const { rows, length } = selection
    const x = a.values
    const y = b.values
    for (let i = 0; i < length; i++) nulls[rows[i]!] = a.nulls[rows[i]!]! | b.nulls[rows[i]!]!
    // One loop an operator, so that each stays simple enough for the optimiser.
    switch (operator) {
      case '+':
        for (let i = 0; i < length; i++) values[rows[i]!] = x[rows[i]!]! + y[rows[i]!]!
        break
      case '-':
        for (let i = 0; i < length; i++) values[rows[i]!] = x[rows[i]!]! - y[rows[i]!]!
        break
      case '*':
        for (let i = 0; i < length; i++) values[rows[i]!] = x[rows[i]!]! * y[rows[i]!]!
        break
      case '/':
        for (let i = 0; i < length; i++) {
          const row = rows[i]!
          const divisor = y[row]!
          if (divisor === 0) {
            if (nulls[row] === 0) evaluation.failures.add(row, numberFailure('/', x[row]!, 0, type), span)
            nulls[row] = 1
          } else values[row] = x[row]! / divisor
        }
        break
      default:
        return unreachable(operator, 'numberArithmetic')
    }
    for (let i = 0; i < length; i++) {
      const row = rows[i]!
      // Adding 0 turns -0 into 0 for integers, which have one zero.
      let value = integer ? Math.trunc(values[row]!) + 0 : real ? Math.fround(values[row]!) : values[row]!
      if (nulls[row] === 1) value = 0
      else if (!(value >= least && value <= greatest)) {
        evaluation.failures.add(row, numberFailure(operator, x[row]!, y[row]!, type), span)
        nulls[row] = 1
        value = 0
      }
      values[row] = value
    }
    return out
  }
}

/** BIGINT and DECIMAL: exact, then brought to the scale of the result. */
export function exactNumbers(
  operator: ArithmeticOperator,
  leftType: SqlType,
  rightType: SqlType,
  type: SqlType,
): (a: bigint, b: bigint) => bigint | RowFailure {
  const leftScale = scaleOf(leftType)
  const rightScale = scaleOf(rightType)
  const scale = scaleOf(type)
  const common = Math.max(leftScale, rightScale)
  const leftUp = powerOfTen(common - leftScale)
  const rightUp = powerOfTen(common - rightScale)
  const shift = scale + rightScale - leftScale
  const compute = (a: bigint, b: bigint): bigint => {
    switch (operator) {
      case '+':
        return rescale(a * leftUp + b * rightUp, common, scale)
      case '-':
        return rescale(a * leftUp - b * rightUp, common, scale)
      case '*':
        return rescale(a * b, leftScale + rightScale, scale)
      case '/':
        if (type.kind !== 'DECIMAL') return a / b
        return shift >= 0 ? divideRounded(a * powerOfTen(shift), b) : divideRounded(a, b * powerOfTen(-shift))
      default:
        return unreachable(operator, 'exactArithmetic')
    }
  }
  const fits =
    type.kind === 'DECIMAL'
      ? (value: bigint) => fitsPrecision(value, type.precision)
      : (value: bigint) => BigInt.asIntN(64, value) === value
  return (a, b) => {
    if (operator === '/' && b === 0n) return divisionByZero(decimalText(a, leftScale))
    const value = compute(a, b)
    return fits(value)
      ? value
      : overflow(`${decimalText(a, leftScale)} ${operator} ${decimalText(b, rightScale)}`, type)
  }
}

export function exactArithmetic(
  operator: ArithmeticOperator,
  left: Kernel,
  right: Kernel,
  leftType: SqlType,
  rightType: SqlType,
  type: SqlType,
  span: TextSpan,
): Kernel {
  const compute = exactNumbers(operator, leftType, rightType, type)
  return (evaluation, selection) => {
    const a = asBigints(left(evaluation, selection))
    const b = asBigints(right(evaluation, selection))
    const out = bigintVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      out.nulls[row] = 1
      if (a.nulls[row] === 1 || b.nulls[row] === 1) continue
      const value = compute(a.values[row]!, b.values[row]!)
      if (typeof value === 'bigint') {
        out.values[row] = value
        out.nulls[row] = 0
      } else evaluation.failures.add(row, value, span)
    }
    return out
  }
}

/** The opposite of a value of a type with number or bigint storage; the least integer has none. */
export function negated(type: SqlType): (value: Value) => Value | RowFailure {
  if (type.kind === 'BIGINT' || type.kind === 'DECIMAL') {
    return given => {
      const value = -(given as bigint)
      return BigInt.asIntN(64, value) === value ? value : overflow(`-(${given as bigint})`, type)
    }
  }
  const [, greatest] = numberRange(type)
  const integer = isInteger(type) || type.kind === 'INTERVAL'
  return given => {
    const value = integer ? -(given as number) + 0 : -(given as number)
    return value <= greatest ? value : overflow(`-(${given as number})`, type)
  }
}

/** Unary minus of numbers and intervals. */
export function negateKernel(operand: Kernel, type: SqlType, span: TextSpan): Kernel {
  const compute = negated(type)
  const exact = type.kind === 'BIGINT' || type.kind === 'DECIMAL'
  return (evaluation, selection) => {
    const a = exact ? asBigints(operand(evaluation, selection)) : asNumbers(operand(evaluation, selection))
    const out = exact ? bigintVector(evaluation.batch.length) : numberVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const value = a.nulls[row] === 1 ? null : compute(a.values[row]!)
      if (value === null || value instanceof RowFailure) {
        out.nulls[row] = 1
        if (value !== null) evaluation.failures.add(row, value, span)
      } else out.values[row] = value as never
    }
    return out
  }
}
