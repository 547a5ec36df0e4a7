/** VALUES: rows of constants that leave once, when the program begins, and end there. */
import type { TextSpan } from '../../core/errors.ts'
import { RowBuilder } from '../../core/row-builder.ts'
import { type RowBatch, typedValueAt, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import { everyRow } from '../expressions/selection.ts'
import type { Input, Operator } from './operator.ts'
import type { RowErrors } from './row-errors.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface ValuesOptions {
  readonly name: string
  readonly schema: Schema
  readonly rows: readonly (readonly { readonly kernel: Kernel; readonly span: TextSpan }[])[]
  readonly output: Input
  readonly errors: RowErrors
}

/** An operator without inputs, which the program starts. */
export class Values implements Operator {
  readonly name: string
  readonly inputs: readonly Input[] = []
  readonly #options: ValuesOptions
  #started = false

  constructor(options: ValuesOptions) {
    this.name = options.name
    this.#options = options
  }

  /** Emits the rows with one rowtime, the first time that it is called. */
  start(rowtime: number): void {
    if (this.#started) return
    this.#started = true
    const { errors, output, rows, schema } = this.#options
    const builder = new RowBuilder(schema)
    const batch: RowBatch = {
      schema: { columns: [] },
      length: 1,
      rowtimes: Float64Array.of(rowtime),
      columns: [],
      origin: null,
    }
    for (const row of rows) {
      const failures = new RowFailures()
      const columns = row.map(({ kernel }) => kernel({ batch, failures }, everyRow(1)))
      const failure = failures.get(0)
      if (failure !== undefined) {
        errors.report(batch, 0, failure.name, failure.message)
        continue
      }
      const values: Value[] = columns.map((column, index) => typedValueAt(column, schema.columns[index]!.type, 0))
      builder.add(rowtime, values)
      if (builder.full) flush(builder, output)
    }
    flush(builder, output)
    output.advance(Infinity)
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.count(this.#started ? 1 : 0)
    yield
  }

  restore(reader: StateReader): void {
    this.#started = reader.count() === 1
  }
}

function flush(builder: RowBuilder, output: Input): void {
  if (builder.length === 0) return
  const rows = builder.take()
  output.push(rows, everyRow(rows.length))
}
