/**
 * Several expressions over one batch as one generated function: one loop, what they share computed once, no column but the
 * results. What a column alone answers (a column, a constant) is passed on as it is.
 */
import { assert } from '../../core/assert.ts'
import { type Dictionary, NULL_ID } from '../../core/dictionary.ts'
import {
  type BigintColumn,
  type ColumnVector,
  type NumberColumn,
  ROWS_PER_BATCH_MAX,
  type RowBatch,
} from '../../core/rows.ts'
import { storageOf } from '../../core/sql-type.ts'
import { compileExpression } from '../expressions/compile-expression.ts'
import type { RowFailure } from '../expressions/failures.ts'
import type { ExpressionHost, FilterKernel, Kernel, SetKernel } from '../expressions/kernel.ts'
import { literalKernel } from '../expressions/leaves.ts'
import { bigintVector, numberVector } from '../expressions/vectors.ts'
import type { Expression } from '../sql/expression.ts'
import { CodeWriter, type Run } from './code-writer.ts'
import { Emitter, EmitterState } from './emitter.ts'

/** Functions of one set at most, one for each combination of text layouts; beyond it the interpreter runs. */
export const VARIANTS_MAX = 8

export interface SetOptions {
  /**
   * True: the columns are filled again in the next call, so that nobody may keep them. False (default): they are new.
   */
  readonly scratch?: boolean
  /** by expression: why a row fails whose value is NULL, or null where NULL is a value like others */
  readonly required?: readonly (RowFailure | null)[]
}

/** A function for batches of certain layouts. */
interface Variant {
  readonly emitter: Emitter
  readonly call: (run: Run) => number
  /** the results of the last call */
  readonly columns: readonly ((run: Run) => ColumnVector)[]
  readonly filled: readonly FilledColumn[]
}

/** A column that generated code fills. */
interface FilledColumn {
  column(run: Run): ColumnVector
  setNull(row: number): void
  release(): void
}

/** Makes variants as batches need them. */
class Variants<T extends { readonly emitter: Emitter }> {
  readonly #made: T[] = []
  readonly #make: (batch: RowBatch) => T

  constructor(make: (batch: RowBatch) => T) {
    this.#make = make
  }

  /** Null where too many would be needed. */
  for(batch: RowBatch): T | null {
    let variant = this.#made.find(({ emitter }) => emitter.fits(batch))
    if (variant === undefined && this.#made.length < VARIANTS_MAX) {
      variant = this.#make(batch)
      this.#made.push(variant)
    }
    return variant ?? null
  }
}

/**
 * @param interpreted the same set for the interpreter
 */
export function generatedSet(
  expressions: readonly Expression[],
  host: ExpressionHost,
  interpreted: SetKernel,
  options: SetOptions = {},
): SetKernel {
  const state = new EmitterState()
  const variants = new Variants(batch => setVariant(expressions, host, batch, state, options))
  return (evaluation, selection) => {
    const variant = variants.for(evaluation.batch)
    if (variant === null) return interpreted(evaluation, selection)
    const { failures } = evaluation
    const run: Run = { evaluation, selection }
    const before = failures.size
    variant.call(run)
    const columns = variant.columns.map(column => column(run))
    if (failures.size > before)
      for (const [row] of failures.among(selection)) for (const column of variant.filled) column.setNull(row)
    for (const column of variant.filled) column.release()
    state.release()
    return columns
  }
}

/** @param interpreted the same condition for the interpreter */
export function generatedFilter(condition: Expression, host: ExpressionHost, interpreted: FilterKernel): FilterKernel {
  const state = new EmitterState()
  let kept = new Int32Array(0)
  const variants = new Variants(batch => {
    const code = new CodeWriter()
    const emitter = new Emitter({ code, host, batch, state })
    const rows = code.write(() => kept)
    code.line('let o = 0;')
    const end = emitter.loop()
    // Every row is written and the next one takes its place unless it is kept: no branch that nobody can guess.
    const { value, isNull } = emitter.emit(condition)
    code.line(`${rows}[o] = ${emitter.row};`)
    code.line(`o = (o + (${isNull === '0' ? value : `${value} & (${isNull} ^ 1)`})) | 0;`)
    end()
    code.line('return o;')
    return { emitter, call: code.compile() }
  })
  return (evaluation, selection) => {
    const variant = variants.for(evaluation.batch)
    if (variant === null) return interpreted(evaluation, selection)
    kept = new Int32Array(selection.length)
    const length = variant.call({ evaluation, selection })
    state.release()
    return { rows: kept, length }
  }
}

function setVariant(
  expressions: readonly Expression[],
  host: ExpressionHost,
  batch: RowBatch,
  state: EmitterState,
  { scratch = false, required = [] }: SetOptions,
): Variant {
  const code = new CodeWriter()
  const emitter = new Emitter({ code, host, batch, state })
  const filled: FilledColumn[] = []
  const end = emitter.loop()
  const columns = expressions.map((expression, index): ((run: Run) => ColumnVector) => {
    const whenNull = required[index] ?? null
    const refuseNull = (isNull: string): void => {
      if (whenNull === null || isNull === '0') return
      emitter.failWhen(`${isNull} === 1`, (row: number) => emitter.fail(row, whenNull, expression.span))
    }
    const passed = passedOn(expression, emitter)
    if (passed !== null) {
      if (whenNull !== null) refuseNull(emitter.emitIsNull(expression))
      return ({ evaluation, selection }) => passed(evaluation, selection)
    }
    const storage = storageOf(expression.type)
    if (storage === 'number' || storage === 'bigint') {
      const { value, isNull } = emitter.emit(expression)
      refuseNull(isNull)
      const column = new FilledNumbers(storage, scratch)
      filled.push(column)
      const values = code.write(run => column.of(run).values)
      const nulls = code.write(run => column.of(run).nulls)
      code.line(`${values}[${emitter.row}] = ${value};`)
      code.line(`${nulls}[${emitter.row}] = ${isNull};`)
      return run => column.column(run)
    }
    const text = storage === 'text' ? textOf(expression, emitter, state) : null
    if (text !== null) {
      const { id, dictionary } = text
      if (whenNull !== null)
        emitter.failWhen(`${id} === 0`, (row: number) => emitter.fail(row, whenNull, expression.span))
      const column = new FilledIds(scratch, dictionary)
      filled.push(column)
      code.line(`${code.write(run => column.ids(run))}[${emitter.row}] = ${id};`)
      return run => column.column(run)
    }
    const leaf = emitter.emitLeaf(expression)
    if (whenNull !== null) refuseNull(emitter.emitIsNullOf(`leaf of ${index}`, run => leaf.column(run)))
    return run => leaf.column(run)
  })
  end()
  code.line('return 0;')
  return { emitter, call: code.compile(), columns, filled }
}

/** The id of a text, and of what dictionary it is; null where the interpreter makes the column. */
function textOf(
  expression: Expression,
  emitter: Emitter,
  state: EmitterState,
): { readonly id: string; readonly dictionary: (run: Run) => Dictionary } | null {
  const entry = emitter.emitTextEntry(expression)
  if (entry !== null) return { id: entry.id, dictionary: run => entry.table.dictionary(run) }
  if (expression.kind !== 'case' && !(expression.kind === 'call' && expression.name === 'COALESCE')) return null
  return { id: emitter.emitText(expression), dictionary: run => state.texts.dictionary(run) }
}

/** The kernel of an expression whose column is there already. */
function passedOn(expression: Expression, emitter: Emitter): Kernel | null {
  if (expression.kind === 'column' || expression.kind === 'rowtime') return compileExpression(expression, emitter.host)
  const constant = emitter.constantOf(expression)
  return constant === undefined ? null : literalKernel(constant, expression.type)
}

class FilledNumbers implements FilledColumn {
  readonly #storage: 'number' | 'bigint'
  readonly #scratch: boolean
  #run: Run | null = null
  #column: NumberColumn | BigintColumn | null = null

  constructor(storage: 'number' | 'bigint', scratch: boolean) {
    this.#storage = storage
    this.#scratch = scratch
  }

  of(run: Run): NumberColumn | BigintColumn {
    if (this.#run !== run || this.#column === null) {
      const length = this.#scratch ? ROWS_PER_BATCH_MAX : run.evaluation.batch.length
      if (this.#column === null || !this.#scratch)
        this.#column = this.#storage === 'number' ? numberVector(length) : bigintVector(length)
      this.#run = run
    }
    return this.#column
  }

  column(run: Run): ColumnVector {
    return this.of(run)
  }

  setNull(row: number): void {
    const column = this.#column
    assert(column !== null, 'a column that is filled is there')
    column.nulls[row] = 1
    if (column.layout === 'number') column.values[row] = 0
    else column.values[row] = 0n
  }

  release(): void {
    this.#run = null
    if (!this.#scratch) this.#column = null
  }
}

class FilledIds implements FilledColumn {
  readonly #scratch: boolean
  readonly #dictionary: (run: Run) => Dictionary
  #run: Run | null = null
  #ids: Int32Array | null = null

  constructor(scratch: boolean, dictionary: (run: Run) => Dictionary) {
    this.#scratch = scratch
    this.#dictionary = dictionary
  }

  ids(run: Run): Int32Array {
    if (this.#run !== run || this.#ids === null) {
      if (this.#ids === null || !this.#scratch)
        this.#ids = new Int32Array(this.#scratch ? ROWS_PER_BATCH_MAX : run.evaluation.batch.length)
      this.#run = run
    }
    return this.#ids
  }

  column(run: Run): ColumnVector {
    return { layout: 'dictionary', ids: this.ids(run), dictionary: this.#dictionary(run) }
  }

  setNull(row: number): void {
    assert(this.#ids !== null, 'a column that is filled is there')
    this.#ids[row] = NULL_ID
  }

  release(): void {
    this.#run = null
    if (!this.#scratch) this.#ids = null
  }
}
