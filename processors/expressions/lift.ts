/**
 * Functions of values lifted to kernels. A function of one text and constants runs once for each dictionary entry in use,
 * whatever the number of rows; everything else runs once a row.
 */
import { Dictionary, NULL_ID } from '../../core/dictionary.ts'
import type { TextSpan } from '../../core/errors.ts'
import type { ColumnVector, DictionaryColumn, Value } from '../../core/rows.ts'
import { type SqlType, type Storage, storageOf } from '../../core/sql-type.ts'
import { RowFailure } from './failures.ts'
import type { Evaluation, Kernel } from './kernel.ts'
import type { Selection } from './selection.ts'
import { valueReader, vectorWriter } from './vectors.ts'

/** A function of values. The array is re-used between calls: it must not be kept. */
export type Scalar = (args: readonly Value[]) => Value | RowFailure

export interface LiftedArgument {
  readonly kernel: Kernel
  readonly type: SqlType
  /** the value where it is the same for every row, else undefined */
  readonly constant: Value | undefined
}

export interface LiftOptions {
  /** true: the function sees NULL arguments; false: any NULL gives NULL without a call */
  readonly seesNull?: boolean
  /** false: the function may answer differently for equal arguments, so that nothing is remembered */
  readonly pure?: boolean
}

/** What is inside a lifted kernel: generated code calls it row by row. */
export interface LiftedScalar {
  readonly scalar: Scalar
  readonly seesNull: boolean
}

const SCALARS = new WeakMap<Kernel, LiftedScalar>()

/** The function that a kernel lifts, or undefined where it is no lifted function of its direct operands. */
export function scalarOf(kernel: Kernel): LiftedScalar | undefined {
  return SCALARS.get(kernel)
}

/** Says what function of its operands a kernel computes that has a loop of its own. */
export function withScalar(kernel: Kernel, scalar: Scalar, seesNull = false): Kernel {
  SCALARS.set(kernel, { scalar, seesNull })
  return kernel
}

export function lift(
  scalar: Scalar,
  args: readonly LiftedArgument[],
  type: SqlType,
  span: TextSpan,
  options: LiftOptions = {},
): Kernel {
  return withScalar(kernelOf(scalar, args, type, span, options), scalar, options.seesNull === true)
}

function kernelOf(
  scalar: Scalar,
  args: readonly LiftedArgument[],
  type: SqlType,
  span: TextSpan,
  options: LiftOptions,
): Kernel {
  const seesNull = options.seesNull === true
  const storage = storageOf(type)
  const variable = args.findIndex(arg => arg.constant === undefined)
  const single = args.filter(arg => arg.constant === undefined).length === 1
  const perRow = rowKernel(scalar, args, storage, span, seesNull)
  if (!single || options.pure === false || storageOf(args[variable]!.type) !== 'text') return perRow
  const values: Value[] = args.map(arg => arg.constant ?? null)
  const constantNull = !seesNull && args.some(arg => arg.constant === null)
  const ofText = (text: string | null): Value | RowFailure => {
    if (!seesNull && (text === null || constantNull)) return null
    values[variable] = text
    return scalar(values)
  }
  const perEntry = storage === 'text' ? textEntries(ofText, span) : valueEntries(ofText, storage, span)
  const input = args[variable]!.kernel
  return (evaluation, selection) => {
    const column = input(evaluation, selection)
    return column.layout === 'dictionary'
      ? perEntry(evaluation, selection, column)
      : perSpan(ofText, column, storage, span, evaluation, selection)
  }
}

function rowKernel(
  scalar: Scalar,
  args: readonly LiftedArgument[],
  storage: Storage,
  span: TextSpan,
  seesNull: boolean,
): Kernel {
  const values: Value[] = args.map(arg => arg.constant ?? null)
  return (evaluation, selection) => {
    const readers = args.map(arg =>
      arg.constant === undefined ? valueReader(arg.kernel(evaluation, selection), storageOf(arg.type)) : null,
    )
    const writer = vectorWriter(storage, evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      let hasNull = false
      for (let k = 0; k < readers.length; k++) {
        const reader = readers[k]
        if (reader !== null && reader !== undefined) values[k] = reader(row)
        if (values[k] === null) hasNull = true
      }
      const value = hasNull && !seesNull ? null : scalar(values)
      if (value instanceof RowFailure) {
        evaluation.failures.add(row, value, span)
        writer.set(row, null)
      } else writer.set(row, value)
    }
    return writer.finish()
  }
}

type OfText = (text: string | null) => Value | RowFailure
type EntryKernel = (evaluation: Evaluation, selection: Selection, column: DictionaryColumn) => ColumnVector

/** Answers by id for each dictionary that is still alive. Ids grow, so a table grows with them. */
function valueEntries(ofText: OfText, storage: Storage, span: TextSpan): EntryKernel {
  const tables = new WeakMap<Dictionary, (Value | RowFailure | undefined)[]>()
  return (evaluation, selection, { ids, dictionary }) => {
    let table = tables.get(dictionary)
    if (table === undefined) tables.set(dictionary, (table = []))
    while (table.length < dictionary.size) table.push(undefined)
    const writer = vectorWriter(storage, evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const id = ids[row]!
      let value = table[id]
      if (value === undefined) table[id] = value = ofText(id === NULL_ID ? null : dictionary.textOf(id))
      if (value instanceof RowFailure) {
        evaluation.failures.add(row, value, span)
        writer.set(row, null)
      } else writer.set(row, value)
    }
    return writer.finish()
  }
}

const UNKNOWN = -1
const FAILED = -2

/** Text to text: ids of the input become ids of one output dictionary, which lives as long as the input's. */
function textEntries(ofText: OfText, span: TextSpan): EntryKernel {
  interface Table {
    ids: Int32Array
    readonly output: Dictionary
    readonly failures: Map<number, RowFailure>
  }
  const tables = new WeakMap<Dictionary, Table>()
  return (evaluation, selection, { ids, dictionary }) => {
    let table = tables.get(dictionary)
    if (table === undefined) {
      table = { ids: new Int32Array(0), output: new Dictionary(), failures: new Map() }
      tables.set(dictionary, table)
    }
    if (table.ids.length < dictionary.size) {
      const grown = new Int32Array(dictionary.size * 2).fill(UNKNOWN)
      grown.set(table.ids)
      table.ids = grown
    }
    const outputs = table.ids
    const column = new Int32Array(evaluation.batch.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const id = ids[row]!
      let output = outputs[id]!
      if (output === UNKNOWN) {
        const value = ofText(id === NULL_ID ? null : dictionary.textOf(id))
        if (value instanceof RowFailure) {
          table.failures.set(id, value)
          output = FAILED
        } else output = value === null ? NULL_ID : table.output.idOf(value as string)
        outputs[id] = output
      }
      if (output === FAILED) {
        const failure = table.failures.get(id)
        if (failure !== undefined) evaluation.failures.add(row, failure, span)
      } else column[row] = output
    }
    return { layout: 'dictionary', ids: column, dictionary: table.output }
  }
}

function perSpan(
  ofText: OfText,
  column: ColumnVector,
  storage: Storage,
  span: TextSpan,
  evaluation: Evaluation,
  selection: Selection,
): ColumnVector {
  const read = valueReader(column, 'text')
  const writer = vectorWriter(storage, evaluation.batch.length)
  for (let i = 0; i < selection.length; i++) {
    const row = selection.rows[i]!
    const value = ofText(read(row) as string | null)
    if (value instanceof RowFailure) {
      evaluation.failures.add(row, value, span)
      writer.set(row, null)
    } else writer.set(row, value)
  }
  return writer.finish()
}
