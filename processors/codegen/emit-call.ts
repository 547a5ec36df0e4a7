/** Conversions and functions of numbers and bigints. */
import { storageOf } from '../../core/sql-type.ts'
import { conversionOf, widens } from '../expressions/cast.ts'
import { functionNamed } from '../expressions/functions.ts'
import type { Kernel } from '../expressions/kernel.ts'
import { type LiftedScalar, type Scalar, scalarOf } from '../expressions/lift.ts'
import type { Expression } from '../sql/expression.ts'
import { inlineCall, inlineCast } from './emit-inline.ts'
import { emitCoalesce } from './emit-logic.ts'
import { emitScalar } from './emit-scalar.ts'
import { type Emitting, type Operand, plainStorage } from './operand.ts'

type Call = Extract<Expression, { kind: 'call' }>

export function emitCast(cast: Extract<Expression, { kind: 'cast' }>, emitter: Emitting): Operand | null {
  const { operand, type, span } = cast
  if (storageOf(operand.type) === storageOf(type) && widens(operand.type, type)) return emitter.emit(operand)
  const convert = conversionOf(operand.type, type, emitter.host)
  if (convert === null) return null
  const scalar: Scalar = ([value]) => convert(value!)
  return inlineCast(cast, scalar, emitter) ?? emitScalar([operand], type, span, emitter, scalar)
}

export function emitCall(call: Call, emitter: Emitting): Operand | null {
  if (plainStorage(call) === null) return null
  if (!call.args.every(arg => plainStorage(arg) !== null || emitter.constantOf(arg) !== undefined)) return null
  if (call.name === 'COALESCE') return emitCoalesce(call.args, emitter)
  const lifted = liftedOf(call, emitter)
  if (lifted === null) return null
  return (
    inlineCall(call, lifted.scalar, emitter) ??
    emitScalar(call.args, call.type, call.span, emitter, lifted.scalar, lifted.seesNull)
  )
}

/** The function of values behind a call; null for those that are more than that. */
function liftedOf({ name, args, type, span }: Call, emitter: Emitting): LiftedScalar | null {
  const implementation = functionNamed(name)
  if (implementation === undefined) return null
  const lifted = args.map(arg => ({ kernel: NEVER_RUN, type: arg.type, constant: emitter.constantOf(arg) }))
  return scalarOf(implementation({ args: lifted, type, span, host: emitter.host })) ?? null
}

/** Stands for the operands of a call whose kernel is never run. */
const NEVER_RUN: Kernel = () => {
  throw new Error('generated code computes operands itself')
}
