/** = <> < <= > >= and IS [NOT] DISTINCT FROM of numbers and bigints. */
import { scaleOf } from '../expressions/arithmetic.ts'
import { powerOfTen } from '../expressions/decimal.ts'
import type { Expression } from '../sql/expression.ts'
import { among, type Emitting, eitherNull, type Operand, plainStorage } from './operand.ts'

const OPERATORS = { '=': '===', '<>': '!==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const

export function emitComparison(
  { operator, left, right }: Extract<Expression, { kind: 'comparison' }>,
  emitter: Emitting,
): Operand {
  const [a, b] = emitPair(left, right, emitter)
  const isNull = eitherNull(emitter.code, a.isNull, b.isNull)
  if (isNull === '1') return { storage: 'number', value: '0', isNull }
  const value = emitter.code.local('v')
  const test = `${a.value} ${OPERATORS[operator]} ${b.value}`
  emitter.code.line(`const ${value} = ${among(isNull, test)} ? 1 : 0;`)
  return { storage: 'number', value, isNull }
}

/** Whether a condition compares numbers that only have to be read, so that to compute it costs less than to guess whether it is needed. */
export function isCalm(expression: Expression, emitter: Emitting): boolean {
  if (expression.kind !== 'comparison') return false
  return [expression.left, expression.right].every(
    side => plainStorage(side) === 'number' && (side.kind === 'column' || emitter.constantOf(side) !== undefined),
  )
}

/** As `emitComparison`, without a branch; for those that are calm. */
export function emitFlatComparison(
  { operator, left, right }: Extract<Expression, { kind: 'comparison' }>,
  emitter: Emitting,
): Operand {
  const [a, b] = emitPair(left, right, emitter)
  const isNull = eitherNull(emitter.code, a.isNull, b.isNull)
  if (isNull === '1') return { storage: 'number', value: '0', isNull }
  const value = emitter.code.local('v')
  const test = `((${a.value} ${OPERATORS[operator]} ${b.value}) | 0)`
  emitter.code.line(`const ${value} = ${isNull === '0' ? test : `${test} & (${isNull} ^ 1)`};`)
  return { storage: 'number', value, isNull }
}

export function emitDistinct(
  { left, right, negated }: Extract<Expression, { kind: 'distinct' }>,
  emitter: Emitting,
): Operand {
  const [a, b] = emitPair(left, right, emitter)
  const value = emitter.code.local('v')
  const [nullA, nullB] = [a.isNull, b.isNull]
  const differs = `${nullA} !== ${nullB} || ${nullA} === 0 && ${a.value} !== ${b.value}`
  emitter.code.line(`const ${value} = (${differs}) ? ${negated ? '0 : 1' : '1 : 0'};`)
  return { storage: 'number', value, isNull: '0' }
}

/** Both sides; exact numbers of different scales are brought to one. */
function emitPair(left: Expression, right: Expression, emitter: Emitting): readonly [Operand, Operand] {
  const a = emitter.emit(left)
  const b = emitter.emit(right)
  const common = Math.max(scaleOf(left.type), scaleOf(right.type))
  const scaled = (operand: Operand, { type }: Expression): Operand => {
    if (operand.storage !== 'bigint' || scaleOf(type) === common) return operand
    const value = emitter.code.local('v')
    emitter.code.line(
      `const ${value} = ${operand.value} * ${emitter.code.constant(powerOfTen(common - scaleOf(type)))};`,
    )
    return { ...operand, value }
  }
  return [scaled(a, left), scaled(b, right)]
}
