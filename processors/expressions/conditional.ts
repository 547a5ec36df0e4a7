/** CASE and COALESCE: each branch is evaluated only for the rows that reach it. */
import { type ColumnVector, isNullAt } from '../../core/rows.ts'
import { type SqlType, type Storage, storageOf } from '../../core/sql-type.ts'
import type { Evaluation, Kernel } from './kernel.ts'
import type { Selection } from './selection.ts'
import { asNumbers, type VectorWriter, valueReader, vectorWriter } from './vectors.ts'

export interface CompiledBranch {
  readonly condition: Kernel
  readonly result: Kernel
}

export function caseKernel(branches: readonly CompiledBranch[], otherwise: Kernel | null, type: SqlType): Kernel {
  const storage = storageOf(type)
  return (evaluation, selection) => {
    const writer = vectorWriter(storage, evaluation.batch.length)
    let open: Selection = selection
    for (const { condition, result } of branches) {
      if (open.length === 0) break
      const decided = asNumbers(condition(evaluation, open))
      const [taken, rest] = split(open, row => decided.values[row] === 1 && decided.nulls[row] === 0)
      if (taken.length > 0) copyRows(result(evaluation, taken), storage, taken, writer)
      // A row whose condition failed reaches no branch: its error stands.
      open = withoutFailed(evaluation, rest, writer)
    }
    if (open.length > 0) {
      if (otherwise !== null) copyRows(otherwise(evaluation, open), storage, open, writer)
      else for (let i = 0; i < open.length; i++) writer.set(open.rows[i]!, null)
    }
    return writer.finish()
  }
}

export function coalesceKernel(operands: readonly Kernel[], type: SqlType): Kernel {
  const storage = storageOf(type)
  return (evaluation, selection) => {
    const writer = vectorWriter(storage, evaluation.batch.length)
    let open: Selection = selection
    for (const operand of operands) {
      if (open.length === 0) break
      const column = operand(evaluation, open)
      const [taken, rest] = split(open, row => !isNullAt(column, row))
      copyRows(column, storage, taken, writer)
      open = withoutFailed(evaluation, rest, writer)
    }
    for (let i = 0; i < open.length; i++) writer.set(open.rows[i]!, null)
    return writer.finish()
  }
}

function withoutFailed(evaluation: Evaluation, selection: Selection, writer: VectorWriter): Selection {
  for (const [row] of evaluation.failures.among(selection)) writer.set(row, null)
  return evaluation.failures.without(selection)
}

function split(selection: Selection, takes: (row: number) => boolean): readonly [Selection, Selection] {
  const taken = new Int32Array(selection.length)
  const rest = new Int32Array(selection.length)
  let takenLength = 0
  let restLength = 0
  for (let i = 0; i < selection.length; i++) {
    const row = selection.rows[i]!
    if (takes(row)) taken[takenLength++] = row
    else rest[restLength++] = row
  }
  return [
    { rows: taken, length: takenLength },
    { rows: rest, length: restLength },
  ]
}

function copyRows(column: ColumnVector, storage: Storage, selection: Selection, writer: VectorWriter): void {
  const read = valueReader(column, storage)
  for (let i = 0; i < selection.length; i++) {
    const row = selection.rows[i]!
    writer.set(row, read(row))
  }
}
