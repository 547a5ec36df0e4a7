/** The one row of an aggregate without GROUP BY: where its input, which is finite, has no row, there is one all the same. */
import { RowBuilder } from '../../core/row-builder.ts'
import type { RowBatch, Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import type { Input, Operator } from './operator.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface OneRowOptions {
  readonly name: string
  readonly schema: Schema
  /** what is emitted at the end where no row came */
  readonly values: readonly Value[]
  /** of that row, epoch milliseconds */
  readonly rowtime: number
  readonly output: Input
}

export class OneRow implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: OneRowOptions
  #isDone = false

  constructor(options: OneRowOptions) {
    this.name = options.name
    this.#options = options
  }

  push(rows: RowBatch, selection: Selection): void {
    if (selection.length > 0) this.#isDone = true
    this.#options.output.push(rows, selection)
  }

  advance(bound: number): void {
    const { output, rowtime, schema, values } = this.#options
    if (bound === Infinity && !this.#isDone) {
      this.#isDone = true
      const builder = new RowBuilder(schema)
      builder.add(rowtime, values)
      output.push(builder.take(), everyRow(1))
    }
    output.advance(bound)
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.count(this.#isDone ? 1 : 0)
    yield
  }

  restore(reader: StateReader): void {
    this.#isDone = reader.count() === 1
  }
}
