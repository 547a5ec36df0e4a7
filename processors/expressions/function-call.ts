/** What the implementation of a function is given, and the two common shapes of one. */
import type { TextSpan } from '../../core/errors.ts'
import { type SqlType } from '../../core/sql-type.ts'
import type { ExpressionHost, Kernel } from './kernel.ts'
import { type LiftedArgument, type LiftOptions, lift, type Scalar } from './lift.ts'

export interface FunctionCall {
  readonly args: readonly LiftedArgument[]
  readonly type: SqlType
  readonly span: TextSpan
  readonly host: ExpressionHost
}

/**
 * Makes the kernel of one call.
 * @throws SqlError `sql_bind` for constant arguments that can never work
 */
export type FunctionImplementation = (call: FunctionCall) => Kernel

/** A function of values; NULL in gives NULL out. */
export function scalar(apply: Scalar, options?: LiftOptions): FunctionImplementation {
  return ({ args, type, span }) => lift(apply, args, type, span, options)
}

/** A function of values that is prepared once for each call in the program. */
export function prepared(prepare: (call: FunctionCall) => Scalar, options?: LiftOptions): FunctionImplementation {
  return call => lift(prepare(call), call.args, call.type, call.span, options)
}
