/**
 * The typed tree as generated code, one row at a time. `emit` writes the statements that compute an expression for row
 * `this.row` and says where the value then is. A row that fails is marked and left by `continue`: nothing after it counts.
 *
 * How to write a function of your own on top of it (a kernel that filters, looks keys up and adds):
 *
 *     const code = new CodeWriter()
 *     const emitter = new Emitter({ code, host, batch, state })     batch: one of those to come, for the layout of its texts
 *     code.line('let o0 = 0;')
 *     const end = emitter.loop()                                    for each selected row, `emitter.row` is its index
 *     const amount = emitter.emit(expression)                       amount.value and amount.isNull can be used from here
 *     code.line(`w0[o0] = ${amount.value};`)
 *     end(); code.line('return o0;')
 *     const run = code.compile()                                    then run({ evaluation, selection }) for each batch that
 *                                                                   `emitter.fits`; others need a function of their own
 *
 * What may stand in the text is told in check-source.ts; constants, functions and arrays come in through the CodeWriter.
 */
import { assert } from '../../core/assert.ts'
import type { TextSpan } from '../../core/errors.ts'
import { type ColumnVector, type DictionaryColumn, isNullAt, type RowBatch, type Value } from '../../core/rows.ts'
import { type Storage, storageOf } from '../../core/sql-type.ts'
import { compileExpression, constantOf } from '../expressions/compile-expression.ts'
import type { RowFailure } from '../expressions/failures.ts'
import type { ExpressionHost } from '../expressions/kernel.ts'
import { asBigints, asNumbers } from '../expressions/vectors.ts'
import type { Expression } from '../sql/expression.ts'
import { Analysis, HEIGHT_MAX } from './analysis.ts'
import type { CodeWriter, Run } from './code-writer.ts'
import { emitKind } from './emit-kind.ts'
import { emitTextChoice, type TextEmitting } from './emit-text.ts'
import { EntryTable, FAILED, VALUE } from './entry-table.ts'
import { Leaf } from './leaf.ts'
import type { Operand } from './operand.ts'
import { UnionTexts } from './union-texts.ts'

/** What all functions over one set of expressions share, whatever the layout of their texts. */
export class EmitterState {
  readonly analysis = new Analysis()
  readonly leaves = new Map<number, Leaf>()
  readonly tables = new Map<number, EntryTable>()
  readonly texts = new UnionTexts()

  /** Lets go of the batch, after a run. */
  release(): void {
    for (const leaf of this.leaves.values()) leaf.release()
    for (const table of this.tables.values()) table.release()
    this.texts.release()
  }
}

export interface EmitterOptions {
  readonly code: CodeWriter
  readonly host: ExpressionHost
  readonly batch: RowBatch
  readonly state: EmitterState
}

export class Emitter implements TextEmitting {
  readonly code: CodeWriter
  readonly host: ExpressionHost
  /** the local that is the index of the row */
  row = 'r'
  readonly #batch: RowBatch
  readonly #state: EmitterState
  /** layouts that the code depends on, by column */
  readonly #layouts = new Map<number, ColumnVector['layout']>()
  /** what is computed already, by number of the expression; one map for each block that is open */
  readonly #known: Map<number, Operand>[] = [new Map()]

  constructor({ code, host, batch, state }: EmitterOptions) {
    this.code = code
    this.host = host
    this.#batch = batch
    this.#state = state
  }

  /** True where the code is right for a batch: its texts have the layouts that the code was written for. */
  fits(batch: RowBatch): boolean {
    for (const [column, layout] of this.#layouts) if (batch.columns[column]?.layout !== layout) return false
    return true
  }

  /** Opens the loop over the selected rows; the function returned closes it. */
  loop(): () => void {
    const at = this.code.local('i')
    this.row = this.code.local('r')
    this.code.line(`let ${at} = 0;`)
    this.code.line(`for (; ${at} < m; ${at}++) {`)
    this.code.line(`const ${this.row} = (s[${at}]) | 0;`)
    this.#known.push(new Map())
    return () => {
      this.#known.pop()
      this.code.line('}')
    }
  }

  /** Writes the statements of an expression with number or bigint storage. */
  emit(expression: Expression): Operand {
    const { analysis } = this.#state
    const { number, height } = analysis.of(expression)
    for (const block of this.#known) {
      const operand = block.get(number)
      if (operand !== undefined) return operand
    }
    const operand = this.#constant(expression) ?? this.#entry(expression) ?? this.#computed(expression, height)
    this.#known[this.#known.length - 1]!.set(number, operand)
    return operand
  }

  /** Writes statements that run only if a test holds; what they compute is known to them alone. */
  when(test: string, then: () => void, otherwise?: () => void): void {
    this.code.line(`if (${test}) {`)
    this.#block(then)
    if (otherwise !== undefined) {
      this.code.line('} else {')
      this.#block(otherwise)
    }
    this.code.line('}')
  }

  /** Writes: if the test holds, the row fails. `report` gets the row and the arguments, and marks it. */
  failWhen(test: string, report: (row: number, ...args: never[]) => void, ...args: readonly string[]): void {
    const name = this.code.function(report)
    this.code.line(`if (${test}) { ${name}(${[this.row, ...args].join(', ')}); continue; }`)
  }

  /** Marks a row, for functions that `failWhen` calls. */
  fail(row: number, failure: RowFailure, span: TextSpan): void {
    this.code.failures.add(row, failure, span)
  }

  /** Locals that a later block fills; NULL until then. */
  result(storage: Operand['storage'], isNull: '0' | '1' = '1'): Operand {
    const operand = { storage, value: this.code.local('v'), isNull: this.code.local('n') }
    this.code.line(`let ${operand.value} = ${this.zero(storage)};`)
    this.code.line(`let ${operand.isNull} = ${isNull};`)
    return operand
  }

  assign(to: Operand, from: Operand): void {
    this.code.line(`${to.value} = ${from.value};`)
    this.code.line(`${to.isNull} = ${from.isNull};`)
  }

  zero(storage: Storage): string {
    return storage === 'bigint' ? this.code.constant(0n) : '0'
  }

  /** The value of an expression that is the same for every row, or undefined. */
  constantOf(expression: Expression): Value | undefined {
    return constantOf(expression, this.host)
  }

  /** Writes the check of an expression that the interpreter computes, texts included; its column is that of the leaf. */
  emitLeaf(expression: Expression): Leaf {
    const number = this.#state.analysis.of(expression).placed
    let leaf = this.#state.leaves.get(number)
    if (leaf === undefined) this.#state.leaves.set(number, (leaf = new Leaf(compileExpression(expression, this.host))))
    const ofRun = leaf
    const flag = this.code.read(`leaf ${number} failed`, run => ofRun.failed(run))
    const failed = this.code.function((row: number): number => {
      const failure = ofRun.failures().get(row)
      if (failure === undefined) return 0
      this.code.failures.addPlaced(row, failure)
      return 1
    })
    this.code.line(`if (${flag}[0] === 1) { if (${failed}(${this.row}) === 1) { continue; } }`)
    return leaf
  }

  /**
   * Writes the id of a text that depends on one text column alone, in the dictionary of the table; null where the column
   * has no ids in this batch.
   */
  emitTextEntry(
    expression: Expression,
  ): { readonly id: string; readonly table: EntryTable; readonly column: number } | null {
    const found = this.#lookUp(expression)
    if (found === null) return null
    const { number, table, index, column } = found
    const ids = this.code.read(`table ${number} ids`, run => table.ids(run))
    const id = this.code.local('j')
    this.code.line(`const ${id} = (${ids}[${index}]) | 0;`)
    return { id, table, column }
  }

  /** Writes the id of a text in the dictionary of the set (EmitterState.texts); returns the local that has it. */
  emitText(expression: Expression): string {
    const { analysis, texts } = this.#state
    const { height, placed } = analysis.of(expression)
    const constant = this.constantOf(expression)
    const id = this.code.local('j')
    if (constant !== undefined) {
      const ids = this.code.read('texts constants', run => texts.constantIds(run))
      const place = texts.constant(constant as string | null)
      this.code.line(`const ${id} = (${ids}[${place}]) | 0;`)
      return id
    }
    if (expression.kind === 'column' && this.layoutOf(expression.index) === 'dictionary') {
      const { index } = expression
      const own = this.code.read(`column ${index} ids`, ({ evaluation }) => idsOf(evaluation.batch, index))
      const local = this.code.local('j')
      this.code.line(`const ${local} = (${own}[${this.row}]) | 0;`)
      const translated = this.code.read(`texts column ${index}`, run => {
        const { ids, dictionary } = dictionaryColumn(run.evaluation.batch, index)
        return texts.translation(run, dictionary, row => ids[row]!)
      })
      this.code.line(`const ${id} = (${translated}[${local}]) | 0;`)
      return id
    }
    const entry = this.emitTextEntry(expression)
    if (entry !== null) {
      const { table, column } = entry
      const translated = this.code.read(`texts table ${placed}`, run => {
        const [outer, inner] = [idsOf(run.evaluation.batch, column), table.ids(run)]
        return texts.translation(run, table.dictionary(run), row => inner[outer[row]!]!)
      })
      this.code.line(`const ${id} = (${translated}[${entry.id}]) | 0;`)
      return id
    }
    const chosen = height <= HEIGHT_MAX ? emitTextChoice(expression, this) : null
    if (chosen !== null) return chosen
    const leaf = this.emitLeaf(expression)
    const ids = this.code.read(`texts leaf ${placed}`, run => texts.rowIds(run, leaf.column(run)))
    this.code.line(`const ${id} = (${ids}[${this.row}]) | 0;`)
    return id
  }

  /** Writes whether a constant, a column or the rowtime is NULL, whatever its layout. */
  emitIsNull(expression: Expression): string {
    const constant = this.constantOf(expression)
    if (constant !== undefined) return constant === null ? '1' : '0'
    if (expression.kind !== 'column') return this.emit(expression).isNull
    const { index } = expression
    return this.emitIsNullOf(`is null ${index}`, ({ evaluation }) => evaluation.batch.columns[index]!)
  }

  /** Writes whether the row is NULL in a column of the run. */
  emitIsNullOf(key: string, column: (run: Run) => ColumnVector): string {
    const isNull = this.code.local('n')
    const test = this.code.function(isNullAt)
    const given = this.code.read(key, column)
    this.code.line(`const ${isNull} = ${test}(${given}, ${this.row}) | 0;`)
    return isNull
  }

  /** The column of a text in the batch, noting that its layout matters. */
  layoutOf(column: number): ColumnVector['layout'] | undefined {
    const layout = this.#batch.columns[column]?.layout
    if (layout !== undefined) this.#layouts.set(column, layout)
    return layout
  }

  #block(write: () => void): void {
    this.#known.push(new Map())
    write()
    this.#known.pop()
  }

  #constant(expression: Expression): Operand | null {
    if (this.#state.analysis.of(expression).source !== 'nothing') return null
    const value = this.constantOf(expression)
    if (value === undefined) return null
    const storage = storageOf(expression.type)
    assert(storage === 'number' || storage === 'bigint', 'a value of generated code is a number or a bigint')
    if (value === null) return { storage, value: this.zero(storage), isNull: '1' }
    return {
      storage,
      value: typeof value === 'number' ? this.code.number(value) : this.code.constant(value),
      isNull: '0',
    }
  }

  #entry(expression: Expression): Operand | null {
    const storage = storageOf(expression.type)
    const found = this.#lookUp(expression)
    if (found === null) return null
    const { number, table, index, state } = found
    const values = this.code.read(`table ${number}`, run =>
      storage === 'bigint' ? table.bigints(run) : table.numbers(run),
    )
    const value = this.code.local('v')
    const isNull = this.code.local('n')
    this.code.line(`const ${isNull} = ${state} === ${VALUE} ? 0 : 1;`)
    this.code.line(`const ${value} = ${values}[${index}];`)
    return { storage: storage === 'bigint' ? 'bigint' : 'number', value, isNull }
  }

  /** The place of an expression of one text in its table, failures checked; null where it is no such expression. */
  #lookUp(
    expression: Expression,
  ): { number: number; table: EntryTable; index: string; state: string; column: number } | null {
    const { placed: number, source } = this.#state.analysis.of(expression)
    const storage = storageOf(expression.type)
    if (typeof source !== 'number' || storage === 'binary' || this.layoutOf(source) !== 'dictionary') return null
    let table = this.#state.tables.get(number)
    if (table === undefined) {
      table = new EntryTable(compileExpression(expression, this.host), source, storage)
      this.#state.tables.set(number, table)
    }
    const ofRun = table
    const ids = this.code.read(`column ${source} ids`, ({ evaluation }) => idsOf(evaluation.batch, source))
    const states = this.code.read(`table ${number} states`, run => ofRun.states(run))
    const index = this.code.local('j')
    const state = this.code.local('v')
    this.code.line(`const ${index} = (${ids}[${this.row}]) | 0;`)
    this.code.line(`const ${state} = ${states}[${index}];`)
    const report = this.code.function((row: number, id: number) => this.code.failures.addPlaced(row, ofRun.failure(id)))
    this.code.line(`if (${state} === ${FAILED}) { ${report}(${this.row}, ${index}); continue; }`)
    return { number, table, index, state, column: source }
  }

  #computed(expression: Expression, height: number): Operand {
    if (height <= HEIGHT_MAX) {
      const operand = emitKind(expression, this)
      if (operand !== null) return operand
    }
    return this.#leafValue(expression)
  }

  #leafValue(expression: Expression): Operand {
    const storage = storageOf(expression.type)
    assert(storage === 'number' || storage === 'bigint', 'a value of generated code is a number or a bigint')
    const number = this.#state.analysis.of(expression).placed
    const leaf = this.emitLeaf(expression)
    const column = (run: Run) => (storage === 'number' ? asNumbers : asBigints)(leaf.column(run))
    return this.readColumn(
      storage,
      this.code.read(`leaf ${number}`, run => column(run).values),
      this.code.read(`leaf ${number} nulls`, run => column(run).nulls),
    )
  }

  /** Writes the value of the row in a column. */
  readColumn(storage: Operand['storage'], values: string, nulls: string): Operand {
    const value = this.code.local('v')
    const isNull = this.code.local('n')
    this.code.line(`const ${value} = ${values}[${this.row}];`)
    this.code.line(`const ${isNull} = ${nulls}[${this.row}];`)
    return { storage, value, isNull }
  }
}

function idsOf(batch: RowBatch, index: number): Int32Array {
  return dictionaryColumn(batch, index).ids
}

function dictionaryColumn(batch: RowBatch, index: number): DictionaryColumn {
  const column = batch.columns[index]
  assert(column?.layout === 'dictionary', 'a function for ids gets a dictionary column')
  return column
}
