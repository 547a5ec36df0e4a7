/**
 * Functions and conversions that are written out, because they run for most rows of most programs: rounding of times,
 * ABS, MOD, conversions between numbers. Null for anything else, which emit-scalar.ts calls as a function. What a row is
 * told when it fails still comes from the interpreter's function.
 */

import { isInteger, numberRange, scaleOf } from '../expressions/arithmetic.ts'
import { TIMESTAMP_MAX, TIMESTAMP_MIN, UNIT_MS } from '../expressions/calendar.ts'
import { countsMonths, unitSize } from '../expressions/datetime-text.ts'
import { powerOfTen, roundAway } from '../expressions/decimal.ts'
import { RowFailure } from '../expressions/failures.ts'
import type { Scalar } from '../expressions/lift.ts'
import { isDatetime } from '../expressions/temporal-arithmetic.ts'
import type { Expression } from '../sql/expression.ts'
import { among, type Emitting, eitherNull, type Operand } from './operand.ts'

type Call = Extract<Expression, { kind: 'call' }>
type Cast = Extract<Expression, { kind: 'cast' }>
type Arithmetic = Extract<Expression, { kind: 'arithmetic' }>

/** Writes `value` for rows whose operands are there, and 0 for others. */
function given(operand: Operand['storage'], value: string, isNull: string, emitter: Emitting): Operand {
  const name = emitter.code.local('v')
  const zero = emitter.zero(operand)
  emitter.code.line(`const ${name} = ${isNull === '0' ? value : `${isNull} === 1 ? ${zero} : ${value}`};`)
  return { storage: operand, value: name, isNull }
}

/** Writes: if the test holds, the row fails as the function says for these values. */
function failAs(
  scalar: Scalar,
  expression: Expression,
  test: string,
  args: readonly Operand[],
  emitter: Emitting,
): void {
  const report = (row: number, ...values: (number | bigint)[]): void => {
    const failure = scalar(values)
    if (failure instanceof RowFailure) emitter.fail(row, failure, expression.span)
  }
  emitter.failWhen(test, report, ...args.map(({ value }) => value))
}

export function inlineCall(call: Call, scalar: Scalar, emitter: Emitting): Operand | null {
  const [first, second] = call.args
  if (first === undefined) return null
  switch (call.name) {
    case 'STEP_DATETIME':
    case 'FLOOR_TO': {
      const size = sizeOf(call, emitter)
      return size === null ? null : floorTo(emitter.emit(first), size, emitter)
    }
    case 'ABS':
      return first.type.kind === 'DOUBLE' || first.type.kind === 'REAL' ? absolute(emitter.emit(first), emitter) : null
    case 'MOD': {
      if (second === undefined || !isInteger(call.type) || call.type.kind === 'BIGINT') return null
      if (first.type.kind === 'BIGINT' || second.type.kind === 'BIGINT') return null
      const [a, b] = [emitter.emit(first), emitter.emit(second)]
      const isNull = eitherNull(emitter.code, a.isNull, b.isNull)
      if (isNull === '1') return null
      failAs(scalar, call, among(isNull, `${b.value} === 0`), [a, b], emitter)
      return given('number', `${a.value} % ${b.value} + 0`, isNull, emitter)
    }
    default:
      return null
  }
}

/** Milliseconds of what a time is rounded down to, where that is the same for every row and no calendar is asked. */
function sizeOf({ name, args }: Call, emitter: Emitting): number | null {
  const constant = emitter.constantOf(args[1]!)
  if (!isDatetime(args[0]!.type)) return null
  if (name === 'STEP_DATETIME')
    return typeof constant === 'number' && constant > 0 && !countsMonths(args[1]!.type) ? constant : null
  return typeof constant === 'string' && Object.hasOwn(UNIT_MS, constant) ? UNIT_MS[constant as 'DAY'] : null
}

function floorTo(operand: Operand, size: number, emitter: Emitting): Operand {
  const width = emitter.code.number(size)
  const floor = emitter.code.function(Math.floor)
  return given('number', `${floor}(${operand.value} / ${width}) * ${width} + 0`, operand.isNull, emitter)
}

function absolute(operand: Operand, emitter: Emitting): Operand {
  return given('number', `${emitter.code.function(Math.abs)}(${operand.value})`, operand.isNull, emitter)
}

export function inlineCast({ operand, type, ...cast }: Cast, scalar: Scalar, emitter: Emitting): Operand | null {
  const from = operand.type
  const numbers = ['TINYINT', 'SMALLINT', 'INTEGER', 'REAL', 'DOUBLE']
  if (numbers.includes(from.kind) && type.kind === 'BIGINT' && isInteger(from)) {
    const value = emitter.emit(operand)
    return given('bigint', `${emitter.code.function(BigInt)}(${value.value})`, value.isNull, emitter)
  }
  if (from.kind === 'BIGINT' && type.kind === 'DOUBLE') {
    const value = emitter.emit(operand)
    return given('number', `${emitter.code.function(Number)}(${value.value})`, value.isNull, emitter)
  }
  if (numbers.includes(from.kind) && numbers.includes(type.kind)) {
    const value = emitter.emit(operand)
    const round = emitter.code.function(isInteger(type) ? roundAway : type.kind === 'REAL' ? Math.fround : Number)
    const result = given('number', `${round}(${value.value})`, value.isNull, emitter)
    const [least, greatest] = numberRange(type)
    const fits = `${result.value} >= ${emitter.code.number(least)} && ${result.value} <= ${emitter.code.number(greatest)}`
    failAs(scalar, { operand, type, ...cast }, `!(${fits})`, [value], emitter)
    return result
  }
  return null
}

/** BIGINT and DECIMAL: + and - in one scale, * of BIGINT. */
export function inlineExact(expression: Arithmetic, scalar: Scalar, emitter: Emitting): Operand | null {
  const { operator, left, right, type } = expression
  const scale = scaleOf(type)
  if (scaleOf(left.type) !== scale || scaleOf(right.type) !== scale) return null
  if (operator === '/' || (operator === '*' && scale !== 0)) return null
  const [a, b] = [emitter.emit(left), emitter.emit(right)]
  const isNull = eitherNull(emitter.code, a.isNull, b.isNull)
  if (isNull === '1') return null
  const result = given('bigint', `${a.value} ${operator} ${b.value}`, isNull, emitter)
  const limit = type.kind === 'DECIMAL' ? powerOfTen(type.precision) : 0n
  const fits =
    type.kind === 'DECIMAL'
      ? `${result.value} < ${emitter.code.constant(limit)} && ${result.value} > ${emitter.code.constant(-limit)}`
      : `${emitter.code.function(asLong)}(${result.value}) === ${result.value}`
  failAs(scalar, expression, `!(${fits})`, [a, b], emitter)
  return result
}

function asLong(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}

/** Instants moved by milliseconds, differences of instants, sums of intervals. */
export function inlineTemporal(expression: Arithmetic, scalar: Scalar, emitter: Emitting): Operand | null {
  const { operator, left, right, type } = expression
  if (operator !== '+' && operator !== '-') return null
  const isInterval = left.type.kind === 'INTERVAL' && right.type.kind === 'INTERVAL'
  const isDifference =
    isDatetime(left.type) && isDatetime(right.type) && type.kind === 'INTERVAL' && !countsMonths(type)
  const isShift = left.type.kind === 'TIMESTAMP' && right.type.kind === 'INTERVAL' && !countsMonths(right.type)
  if (!isInterval && !isDifference && !isShift) return null
  const [a, b] = [emitter.emit(left), emitter.emit(right)]
  const isNull = eitherNull(emitter.code, a.isNull, b.isNull)
  if (isNull === '1') return null
  const plain = `${a.value} ${operator} ${b.value} + 0`
  if (isDifference && type.to !== 'SECOND') {
    const size = emitter.code.number(unitSize(type.to))
    const trunc = emitter.code.function(Math.trunc)
    return given('number', `${trunc}((${plain}) / ${size}) * ${size} + 0`, isNull, emitter)
  }
  const result = given('number', plain, isNull, emitter)
  if (isShift) {
    const [least, greatest] = [emitter.code.number(TIMESTAMP_MIN), emitter.code.number(TIMESTAMP_MAX)]
    const fits = `${result.value} >= ${least} && ${result.value} <= ${greatest}`
    failAs(scalar, expression, `!(${fits})`, [a, b], emitter)
  }
  return result
}
