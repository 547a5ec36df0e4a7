/** + - * / and unary minus. What the interpreter refuses, with which words, is the interpreter's own code. */
import { storageOf } from '../../core/sql-type.ts'
import { exactNumbers, isInteger, negated, numberFailure, numberRange } from '../expressions/arithmetic.ts'
import type { Scalar } from '../expressions/lift.ts'
import { factorReader, isDatetime, temporalNumbers } from '../expressions/temporal-arithmetic.ts'
import type { Expression } from '../sql/expression.ts'
import { inlineExact, inlineTemporal } from './emit-inline.ts'
import { emitScalar } from './emit-scalar.ts'
import { among, type Emitting, eitherNull, type Operand } from './operand.ts'

type Arithmetic = Extract<Expression, { kind: 'arithmetic' }>

export function emitArithmetic(expression: Arithmetic, emitter: Emitting): Operand | null {
  const { operator, left, right, type, span } = expression
  if ([left, right].some(side => isDatetime(side.type) || side.type.kind === 'INTERVAL')) {
    const compute = temporalNumbers(operator, left.type, right.type, type)
    const [readLeft, readRight] = [factorReader(left.type), factorReader(right.type)]
    const scalar: Scalar = ([a, b]) => compute(readLeft(a), readRight(b))
    return inlineTemporal(expression, scalar, emitter) ?? emitScalar([left, right], type, span, emitter, scalar)
  }
  if (storageOf(type) === 'bigint') {
    const compute = exactNumbers(operator, left.type, right.type, type)
    const scalar: Scalar = ([a, b]) => compute(a as bigint, b as bigint)
    return inlineExact(expression, scalar, emitter) ?? emitScalar([left, right], type, span, emitter, scalar)
  }
  return emitNumbers(expression, emitter)
}

function emitNumbers({ operator, left, right, type, span }: Arithmetic, emitter: Emitting): Operand {
  const { code } = emitter
  const a = emitter.emit(left)
  const b = emitter.emit(right)
  const isNull = eitherNull(code, a.isNull, b.isNull)
  if (isNull === '1') return { storage: 'number', value: '0', isNull }
  const report = (row: number, x: number, y: number): void =>
    emitter.fail(row, numberFailure(operator, x, y, type), span)
  if (operator === '/') emitter.failWhen(among(isNull, `${b.value} === 0`), report, a.value, b.value)
  const value = code.local('v')
  const plain = `${a.value} ${operator} ${b.value}`
  // Adding 0 turns -0 into 0 for integers, which have one zero.
  const rounded = isInteger(type)
    ? `${operator === '/' ? `${code.function(Math.trunc)}(${plain})` : plain} + 0`
    : type.kind === 'REAL'
      ? `${code.function(Math.fround)}(${plain})`
      : plain
  code.line(`const ${value} = ${isNull === '0' ? rounded : `${isNull} === 1 ? 0 : ${rounded}`};`)
  const [least, greatest] = numberRange(type)
  const inRange = `${value} >= ${code.number(least)} && ${value} <= ${code.number(greatest)}`
  emitter.failWhen(`!(${inRange})`, report, a.value, b.value)
  return { storage: 'number', value, isNull }
}

export function emitNegate(
  { operand, type, span }: Extract<Expression, { kind: 'negate' }>,
  emitter: Emitting,
): Operand | null {
  const compute = negated(type)
  return emitScalar([operand], type, span, emitter, ([value]) => compute(value!))
}
