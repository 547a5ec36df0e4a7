/** Any function of values, called row by row; the interpreter's own function, so that the answers are the same. */
import type { TextSpan } from '../../core/errors.ts'
import type { Value } from '../../core/rows.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import { RowFailure } from '../expressions/failures.ts'
import type { Scalar } from '../expressions/lift.ts'
import type { Expression } from '../sql/expression.ts'
import { type Emitting, eitherNull, type Operand } from './operand.ts'

/** Answers of a called function, the value itself lying in an array of one element. */
const GIVEN = 0
const NULL = 1
const FAILED = 2

/** Writes a call of a function of operands that are numbers or bigints; texts and bytes must be constants. */
export function emitScalar(
  args: readonly Expression[],
  type: SqlType,
  span: TextSpan,
  emitter: Emitting,
  scalar: Scalar,
  seesNull = false,
): Operand | null {
  const storage = storageOf(type)
  if (storage !== 'number' && storage !== 'bigint') return null
  const { code } = emitter
  const values: Value[] = []
  const places: number[] = []
  const operands: Operand[] = []
  // A NULL decides the answer, but the other operands may fail all the same.
  let always = '0'
  for (const [place, arg] of args.entries()) {
    const constant = emitter.constantOf(arg)
    values.push(constant ?? null)
    if (constant !== undefined) {
      if (constant === null && !seesNull) always = '1'
      continue
    }
    places.push(place)
    operands.push(emitter.emit(arg))
  }
  const out = storage === 'number' ? new Float64Array(1) : new BigInt64Array(1)
  let failure: RowFailure | null = null
  const call = (...given: Value[]): number => {
    for (let i = 0; i < places.length; i++) values[places[i]!] = given[i]!
    const value = scalar(values)
    if (value === null) return NULL
    if (value instanceof RowFailure) {
      failure = value
      return FAILED
    }
    out[0] = value as never
    return GIVEN
  }
  const isNull = seesNull ? '0' : eitherNull(code, always, ...operands.map(operand => operand.isNull))
  if (isNull === '1') return { storage, value: emitter.zero(storage), isNull }
  const result = emitter.result(storage)
  const given = operands.map(({ value, isNull: flag }) =>
    seesNull && flag !== '0' ? (flag === '1' ? 'null' : `${flag} === 1 ? null : ${value}`) : value,
  )
  emitter.when(isNull === '0' ? 'true' : `${isNull} === 0`, () => {
    code.line(`${result.isNull} = ${code.function(call)}(${given.join(', ')});`)
    emitter.failWhen(`${result.isNull} === ${FAILED}`, (row: number) => {
      if (failure !== null) emitter.fail(row, failure, span)
    })
    code.line(`if (${result.isNull} === ${GIVEN}) { ${result.value} = ${code.constant(out)}[0]; }`)
  })
  return result
}
