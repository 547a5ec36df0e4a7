/** What emitted values are, and what the emitters of single kinds may ask of the emitter that calls them. */
import type { TextSpan } from '../../core/errors.ts'
import type { Value } from '../../core/rows.ts'
import { type Storage, storageOf } from '../../core/sql-type.ts'
import type { RowFailure } from '../expressions/failures.ts'
import type { ExpressionHost } from '../expressions/kernel.ts'
import type { Expression } from '../sql/expression.ts'
import type { CodeWriter } from './code-writer.ts'

/** Where the value of an expression is after its statements. */
export interface Operand {
  readonly storage: 'number' | 'bigint'
  /** a local or a literal; 0 where the value is NULL */
  readonly value: string
  /** `0`: never NULL; `1`: always; or a local that is 0 or 1 */
  readonly isNull: string
}

export interface Emitting {
  readonly code: CodeWriter
  readonly host: ExpressionHost
  /** the local that is the index of the row */
  readonly row: string
  /** Writes the statements of an expression with number or bigint storage. */
  emit(expression: Expression): Operand
  /** Writes statements that run only if a test holds; what they compute is known to them alone. */
  when(test: string, then: () => void, otherwise?: () => void): void
  /** Writes: if the test holds, the row fails. `report` gets the row and the arguments, and marks it. */
  failWhen(test: string, report: (row: number, ...args: never[]) => void, ...args: readonly string[]): void
  /** Marks a row, for functions that `failWhen` calls. */
  fail(row: number, failure: RowFailure, span: TextSpan): void
  /** Locals that a later block fills; NULL until then, unless told otherwise. */
  result(storage: Operand['storage'], isNull?: '0' | '1'): Operand
  assign(to: Operand, from: Operand): void
  zero(storage: Storage): string
  /** The value of an expression that is the same for every row, or undefined. */
  constantOf(expression: Expression): Value | undefined
  /** Writes the value of the row in a column. */
  readColumn(storage: Operand['storage'], values: string, nulls: string): Operand
}

/** The storage of a type, where its values are numbers or bigints; else null. */
export function plainStorage({ type }: Expression): Operand['storage'] | null {
  const storage = storageOf(type)
  return storage === 'number' || storage === 'bigint' ? storage : null
}

/** NULL where any is: one token, a local if need be. */
export function eitherNull(code: CodeWriter, ...flags: readonly string[]): string {
  if (flags.includes('1')) return '1'
  const open = [...new Set(flags)].filter(flag => flag !== '0')
  if (open.length < 2) return open[0] ?? '0'
  const name = code.local('n')
  code.line(`const ${name} = ${open.join(' | ')};`)
  return name
}

/** A test for rows whose operands are there. */
export function among(isNull: string, test: string): string {
  return isNull === '0' ? test : `${isNull} === 0 && ${test}`
}
