/** Short hands for bound expressions and batches. */
import { Dictionary } from '../../../core/dictionary.ts'
import type { ErrorRow } from '../../../core/error-output.ts'
import type { TextSpan } from '../../../core/errors.ts'
import { RowBuilder } from '../../../core/row-builder.ts'
import { type ColumnVector, type RowBatch, typedValueAt, type Value } from '../../../core/rows.ts'
import type { Schema } from '../../../core/schema.ts'
import { parseSqlType, type SqlType, storageOf } from '../../../core/sql-type.ts'
import { compileExpression } from '../../../processors/expressions/compile-expression.ts'
import { RowFailures } from '../../../processors/expressions/failures.ts'
import { everyRow } from '../../../processors/expressions/selection.ts'
import type { ArithmeticOperator, ComparisonOperator, Expression } from '../../../processors/sql/expression.ts'

export const PLACE: TextSpan = { start: 0, end: 1, line: 3, column: 14 }

/** A type from its text; intervals as `DAY TO SECOND`. */
export function type(text: string): SqlType {
  const interval = /^(YEAR|MONTH|DAY|HOUR|MINUTE|SECOND)(?: TO (YEAR|MONTH|DAY|HOUR|MINUTE|SECOND))?$/.exec(text)
  if (interval !== null) return { kind: 'INTERVAL', from: interval[1], to: interval[2] ?? interval[1] } as SqlType
  return parseSqlType(text)
}

export function schemaOf(columns: Readonly<Record<string, string>>, notNull: readonly string[] = []): Schema {
  return {
    columns: Object.entries(columns).map(([name, text]) => ({
      name,
      type: type(text),
      nullable: !notNull.includes(name),
    })),
  }
}

export function literal(value: Value, text: string): Expression {
  return { kind: 'literal', value, type: type(text), span: PLACE }
}

export function column(schema: Schema, name: string): Expression {
  const index = schema.columns.findIndex(one => one.name === name)
  return { kind: 'column', index, type: schema.columns[index]!.type, span: PLACE }
}

export const ROWTIME: Expression = { kind: 'rowtime', type: { kind: 'TIMESTAMP' }, span: PLACE }

export function arithmetic(
  operator: ArithmeticOperator,
  left: Expression,
  right: Expression,
  text: string,
): Expression {
  return { kind: 'arithmetic', operator, left, right, type: type(text), span: PLACE }
}

const BOOLEAN: SqlType = { kind: 'BOOLEAN' }

export function comparison(operator: ComparisonOperator, left: Expression, right: Expression): Expression {
  return { kind: 'comparison', operator, left, right, type: BOOLEAN, span: PLACE }
}

export function all(...operands: readonly Expression[]): Expression {
  return { kind: 'and', operands, type: BOOLEAN, span: PLACE }
}

export function any(...operands: readonly Expression[]): Expression {
  return { kind: 'or', operands, type: BOOLEAN, span: PLACE }
}

export function not(operand: Expression): Expression {
  return { kind: 'not', operand, type: BOOLEAN, span: PLACE }
}

export function is(operand: Expression, what: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN', negated = false): Expression {
  return { kind: 'is', what, negated, operand, type: BOOLEAN, span: PLACE }
}

export function choose(
  branches: readonly (readonly [Expression, Expression])[],
  otherwise: Expression | null,
  text: string,
): Expression {
  return {
    kind: 'case',
    branches: branches.map(([condition, result]) => ({ condition, result })),
    otherwise,
    type: type(text),
    span: PLACE,
  }
}

export function cast(operand: Expression, text: string): Expression {
  return { kind: 'cast', reason: 'explicit', operand, type: type(text), span: PLACE }
}

export function call(name: string, args: readonly Expression[], text: string): Expression {
  return { kind: 'call', name, args, type: type(text), span: PLACE }
}

/** Rows as a batch; rowtimes count from 0 unless given. */
export function batchOf(
  schema: Schema,
  rows: readonly (readonly Value[])[],
  rowtimes: readonly number[] = rows.map((_, i) => i),
): RowBatch {
  const builder = new RowBuilder(schema)
  rows.forEach((values, i) => builder.add(rowtimes[i]!, values))
  return builder.take()
}

/** The same rows with texts as spans. */
export function asSpans(batch: RowBatch): RowBatch {
  const columns = batch.columns.map((one, index): ColumnVector => {
    const { type: columnType } = batch.schema.columns[index]!
    if (storageOf(columnType) !== 'text') return one
    const parts = Array.from({ length: batch.length }, (_, row) => typedValueAt(one, columnType, row) as string | null)
    const bytes = parts.map(part => Buffer.from(part ?? ''))
    const offsets = new Int32Array(batch.length)
    const sizes = new Int32Array(batch.length)
    let end = 0
    bytes.forEach((part, row) => {
      offsets[row] = end
      sizes[row] = part.length
      end += part.length
    })
    const nulls = Uint8Array.from(parts, part => (part === null ? 1 : 0))
    return { layout: 'span', bytes: Buffer.concat(bytes), offsets, sizes, nulls }
  })
  return { ...batch, columns }
}

/** The same rows with dictionaries that hold other entries first, so that ids differ. */
export function withOtherIds(batch: RowBatch): RowBatch {
  const columns = batch.columns.map((one): ColumnVector => {
    if (one.layout !== 'dictionary') return one
    const dictionary = new Dictionary()
    for (let i = 0; i < 5; i++) dictionary.idOf(`unused ${i}`)
    const ids = Int32Array.from({ length: batch.length }, (_, row) =>
      one.ids[row] === 0 ? 0 : dictionary.idOf(one.dictionary.textOf(one.ids[row]!)),
    )
    return { layout: 'dictionary', ids, dictionary }
  })
  return { ...batch, columns }
}

export const HOST = { startedAt: Date.UTC(2024, 1, 29, 13, 14, 15, 678), rowTimestamp: 'rowtime' as const }

/** The value of an expression for each row; a row that fails gives `NAME: message`. */
export function valuesOf(expression: Expression, batch: RowBatch): Value[] {
  const kernel = compileExpression(expression, HOST)
  const failures = new RowFailures()
  const result = kernel({ batch, failures }, everyRow(batch.length))
  return Array.from({ length: batch.length }, (_, row) => {
    const failure = failures.get(row)
    return failure === undefined ? typedValueAt(result, expression.type, row) : `${failure.name}: ${failure.message}`
  })
}

/** The value of an expression without columns. */
export function valueOf(expression: Expression): Value {
  return valuesOf(expression, batchOf({ columns: [] }, [[]]))[0]!
}

export class ErrorList {
  readonly rows: ErrorRow[] = []
  add(row: ErrorRow): void {
    this.rows.push(row)
  }
  /** name, rowtime, message and data, one line an error */
  get lines(): string[] {
    return this.rows.map(
      ({ name, rowtime, message, data, pump }) =>
        `${name} ${rowtime} ${pump} ${message} ${Buffer.from(data).toString()}`,
    )
  }
}
