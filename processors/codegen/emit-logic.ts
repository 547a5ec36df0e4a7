/** AND, OR, NOT, IS and CASE: blocks within blocks, so that what an operand decides shuts off the operands after it. */
import { unreachable } from '../../core/assert.ts'
import type { Expression } from '../sql/expression.ts'
import { emitFlatComparison, isCalm } from './emit-comparison.ts'
import { among, type Emitting, eitherNull, type Operand, plainStorage } from './operand.ts'

/** Operands of one AND or OR, branches of one CASE: each stands in a block of its own. */
export const BLOCKS_MAX = 200

/** A test that holds where a truth value is TRUE. */
export function isTrue({ value, isNull }: Operand): string {
  return among(isNull, `${value} === 1`)
}

function isFalse({ value, isNull }: Operand): string {
  return among(isNull, `${value} === 0`)
}

/** FALSE decides AND, TRUE decides OR; with neither, one NULL makes the answer NULL. A NULL leaves the row open. */
export function emitJunction(
  { kind, operands }: Extract<Expression, { kind: 'and' | 'or' }>,
  emitter: Emitting,
): Operand | null {
  if (operands.length > BLOCKS_MAX) return null
  const { code } = emitter
  if (operands.slice(1).every(operand => isCalm(operand, emitter))) return emitFlatJunction(kind, operands, emitter)
  const result = emitter.result('number', '0')
  const [deciding, open] = kind === 'and' ? ['0', '1'] : ['1', '0']
  const add = (index: number): void => {
    if (index === operands.length) {
      code.line(`${result.value} = ${result.isNull} === 1 ? 0 : ${open};`)
      return
    }
    const operand = emitter.emit(operands[index]!)
    const decides = kind === 'and' ? isFalse(operand) : isTrue(operand)
    emitter.when(
      decides,
      () => {
        code.line(`${result.value} = ${deciding};`)
        code.line(`${result.isNull} = 0;`)
      },
      () => {
        if (operand.isNull !== '0') code.line(`${result.isNull} |= ${operand.isNull};`)
        add(index + 1)
      },
    )
  }
  add(0)
  return result
}

/** Without a branch: no processor can guess which rows a filter keeps. Nothing but the first operand can fail. */
function emitFlatJunction(kind: 'and' | 'or', operands: readonly Expression[], emitter: Emitting): Operand {
  const { code } = emitter
  const parts = operands.map((operand, index) =>
    index > 0 && operand.kind === 'comparison' ? emitFlatComparison(operand, emitter) : emitter.emit(operand),
  )
  const anyNull = eitherNull(code, ...parts.map(({ isNull }) => isNull))
  // No guess is needed, and no trust that a column holds 0 where it is NULL.
  const deciding = parts.map(({ value, isNull }) => {
    if (kind === 'or') return isNull === '0' ? value : `(${value} & (${isNull} ^ 1))`
    return isNull === '0' ? `(${value} ^ 1)` : `((${isNull} | ${value}) ^ 1)`
  })
  const decided = code.local('v')
  code.line(`const ${decided} = ${deciding.join(' | ')};`)
  let isNull = '0'
  if (anyNull !== '0') {
    isNull = code.local('n')
    code.line(`const ${isNull} = ${anyNull} & (${decided} ^ 1);`)
  }
  if (kind === 'or') return { storage: 'number', value: decided, isNull }
  const value = code.local('v')
  code.line(`const ${value} = (${decided} | ${isNull}) ^ 1;`)
  return { storage: 'number', value, isNull }
}

export function emitNot({ operand }: Extract<Expression, { kind: 'not' }>, emitter: Emitting): Operand {
  const given = emitter.emit(operand)
  const value = emitter.code.local('v')
  const test = isFalse(given)
  emitter.code.line(`const ${value} = ${test} ? 1 : 0;`)
  return { storage: 'number', value, isNull: given.isNull }
}

export function emitIs({ what, negated, operand }: Extract<Expression, { kind: 'is' }>, emitter: Emitting): Operand {
  const given = emitter.emit(operand)
  const value = emitter.code.local('v')
  const [yes, no] = negated ? ['0', '1'] : ['1', '0']
  emitter.code.line(`const ${value} = ${testOf(what, given)} ? ${yes} : ${no};`)
  return { storage: 'number', value, isNull: '0' }
}

function testOf(what: Extract<Expression, { kind: 'is' }>['what'], given: Operand): string {
  switch (what) {
    case 'NULL':
    case 'UNKNOWN':
      return `${given.isNull} === 1`
    case 'TRUE':
      return isTrue(given)
    case 'FALSE':
      return isFalse(given)
    default:
      return unreachable(what, 'emitIs')
  }
}

export function emitCase(expression: Extract<Expression, { kind: 'case' }>, emitter: Emitting): Operand | null {
  const { branches, otherwise } = expression
  const storage = plainStorage(expression)
  if (storage === null || branches.length > BLOCKS_MAX) return null
  const result = emitter.result(storage)
  const add = (index: number): void => {
    const branch = branches[index]
    if (branch === undefined) {
      if (otherwise !== null) emitter.assign(result, emitter.emit(otherwise))
      return
    }
    const condition = emitter.emit(branch.condition)
    emitter.when(
      isTrue(condition),
      () => emitter.assign(result, emitter.emit(branch.result)),
      () => add(index + 1),
    )
  }
  add(0)
  return result
}

/** The first that is not NULL; operands are computed while all before are NULL. */
export function emitCoalesce(args: readonly Expression[], emitter: Emitting): Operand | null {
  const storage = plainStorage(args[0]!)
  if (storage === null || args.length > BLOCKS_MAX) return null
  const result = emitter.result(storage)
  const add = (index: number): void => {
    const arg = args[index]
    if (arg === undefined) return
    emitter.assign(result, emitter.emit(arg))
    emitter.when(`${result.isNull} === 1`, () => add(index + 1))
  }
  add(0)
  return result
}
