/** = <> < <= > >= and IS [NOT] DISTINCT FROM. Texts compare by code unit; the padding of CHAR does not count. */

import { NULL_ID } from '../../core/dictionary.ts'
import type { TextSpan } from '../../core/errors.ts'
import { isNullAt, type Value } from '../../core/rows.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import type { ComparisonOperator } from '../sql/expression.ts'
import { scaleOf } from './arithmetic.ts'
import { powerOfTen } from './decimal.ts'
import type { Kernel } from './kernel.ts'
import { type LiftedArgument, lift } from './lift.ts'
import { asBigints, asNumbers, numberVector, valueReader } from './vectors.ts'

const BOOLEAN: SqlType = { kind: 'BOOLEAN' }

/** Which signs of (left compared with right) an operator accepts, as [less, equal, greater]. */
const ACCEPTS: Readonly<Record<ComparisonOperator, readonly [number, number, number]>> = {
  '=': [0, 1, 0],
  '<>': [1, 0, 1],
  '<': [1, 0, 0],
  '<=': [1, 1, 0],
  '>': [0, 0, 1],
  '>=': [0, 1, 1],
}

/** Below 0, 0 or above 0 for two values of one type, neither NULL. */
export function comparator(left: SqlType, right: SqlType): (a: Value, b: Value) => number {
  switch (storageOf(left)) {
    case 'number':
      return (a, b) => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0)
    case 'bigint': {
      const common = Math.max(scaleOf(left), scaleOf(right))
      const up = powerOfTen(common - scaleOf(left))
      const other = powerOfTen(common - scaleOf(right))
      return (a, b) => {
        const x = (a as bigint) * up
        const y = (b as bigint) * other
        return x < y ? -1 : x > y ? 1 : 0
      }
    }
    case 'text': {
      const padded = left.kind === 'CHAR' || right.kind === 'CHAR'
      return (a, b) => {
        const x = padded ? withoutPadding(a as string) : (a as string)
        const y = padded ? withoutPadding(b as string) : (b as string)
        return x < y ? -1 : x > y ? 1 : 0
      }
    }
    case 'binary':
      return (a, b) => compareBytes(a as Uint8Array, b as Uint8Array)
  }
}

export function withoutPadding(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--
  return end === text.length ? text : text.slice(0, end)
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function comparisonKernel(
  operator: ComparisonOperator,
  left: LiftedArgument,
  right: LiftedArgument,
  span: TextSpan,
): Kernel {
  const [less, equal, greater] = ACCEPTS[operator]
  const storage = storageOf(left.type)
  if (storage === 'number') return numberComparison(left.kernel, right.kernel, less, equal, greater)
  if (storage === 'bigint' && scaleOf(left.type) === scaleOf(right.type))
    return bigintComparison(left.kernel, right.kernel, less, equal, greater)
  const compare = comparator(left.type, right.type)
  const scalar = lift(
    args => {
      const sign = compare(args[0]!, args[1]!)
      return sign < 0 ? less : sign > 0 ? greater : equal
    },
    [left, right],
    BOOLEAN,
    span,
  )
  if (left.type.kind === 'CHAR' || right.type.kind === 'CHAR' || storage !== 'text') return scalar
  if (left.constant !== undefined || right.constant !== undefined || less !== greater) return scalar
  return sameDictionary(left.kernel, right.kernel, equal, scalar)
}

function numberComparison(left: Kernel, right: Kernel, less: number, equal: number, greater: number): Kernel {
  return (evaluation, selection) => {
    const a = asNumbers(left(evaluation, selection))
    const b = asNumbers(right(evaluation, selection))
    const out = numberVector(evaluation.batch.length)
    const { values, nulls } = out
    const { rows, length } = selection
    for (let i = 0; i < length; i++) {
      const row = rows[i]!
      if ((a.nulls[row]! | b.nulls[row]!) === 1) nulls[row] = 1
      else {
        const x = a.values[row]!
        const y = b.values[row]!
        values[row] = x < y ? less : x > y ? greater : equal
      }
    }
    return out
  }
}

function bigintComparison(left: Kernel, right: Kernel, less: number, equal: number, greater: number): Kernel {
  return (evaluation, selection) => {
    const a = asBigints(left(evaluation, selection))
    const b = asBigints(right(evaluation, selection))
    const out = numberVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      if ((a.nulls[row]! | b.nulls[row]!) === 1) out.nulls[row] = 1
      else {
        const x = a.values[row]!
        const y = b.values[row]!
        out.values[row] = x < y ? less : x > y ? greater : equal
      }
    }
    return out
  }
}

/** Equality of two columns that share a dictionary compares ids; anything else goes the long way. */
function sameDictionary(left: Kernel, right: Kernel, equal: number, otherwise: Kernel): Kernel {
  return (evaluation, selection) => {
    const a = left(evaluation, selection)
    const b = right(evaluation, selection)
    if (a.layout !== 'dictionary' || b.layout !== 'dictionary' || a.dictionary !== b.dictionary)
      return otherwise(evaluation, selection)
    const out = numberVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      if (a.ids[row] === NULL_ID || b.ids[row] === NULL_ID) out.nulls[row] = 1
      else out.values[row] = a.ids[row] === b.ids[row] ? equal : 1 - equal
    }
    return out
  }
}

/** IS [NOT] DISTINCT FROM: never NULL, and NULL equals NULL. */
export function distinctKernel(left: LiftedArgument, right: LiftedArgument, negated: boolean): Kernel {
  const compare = comparator(left.type, right.type)
  const storage = storageOf(left.type)
  return (evaluation, selection) => {
    const a = left.kernel(evaluation, selection)
    const b = right.kernel(evaluation, selection)
    const readLeft = valueReader(a, storage)
    const readRight = valueReader(b, storageOf(right.type))
    const out = numberVector(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const leftNull = isNullAt(a, row)
      const rightNull = isNullAt(b, row)
      const distinct = leftNull || rightNull ? leftNull !== rightNull : compare(readLeft(row), readRight(row)) !== 0
      out.values[row] = distinct !== negated ? 1 : 0
    }
    return out
  }
}
