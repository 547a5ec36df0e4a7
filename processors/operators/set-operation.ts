/**
 * UNION, EXCEPT and INTERSECT of two inputs that end: rows are held until both have ended, then leave without duplicates,
 * in order of first appearance, left input first. NULL equals NULL.
 */
import { RowBuilder } from '../../core/row-builder.ts'
import type { RowBatch, Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import { heldBytes, heldValues, readHeld, writeHeld } from './held-row.ts'
import { KeyNumbers } from './key-numbers.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface SetOperationOptions {
  readonly name: string
  readonly schema: Schema
  readonly operator: 'UNION' | 'EXCEPT' | 'INTERSECT'
  readonly output: Input
  readonly limits: StateLimits
}

class Side implements Input {
  readonly rows: { readonly rowtime: number; readonly values: readonly Value[] }[] = []
  ended = false
  readonly #took: (values: readonly Value[]) => void
  readonly #end: () => void

  constructor(took: (values: readonly Value[]) => void, end: () => void) {
    this.#took = took
    this.#end = end
  }

  push(rows: RowBatch, selection: Selection): void {
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      this.add(rows.rowtimes[row]!, heldValues(rows, row))
    }
  }

  add(rowtime: number, values: readonly Value[]): void {
    this.rows.push({ rowtime, values })
    this.#took(values)
  }

  advance(bound: number): void {
    if (bound !== Infinity || this.ended) return
    this.ended = true
    this.#end()
  }
}

export class SetOperation implements Operator {
  readonly name: string
  readonly inputs: readonly [Side, Side]
  readonly #options: SetOperationOptions
  #bytes = 0

  constructor(options: SetOperationOptions) {
    this.name = options.name
    this.#options = options
    const side = (): Side =>
      new Side(
        values => this.#took(values),
        () => this.#finish(),
      )
    this.inputs = [side(), side()]
  }

  get stateBytes(): number {
    return this.#bytes
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    for (const side of this.inputs) {
      writer.count(side.ended ? 1 : 0)
      writer.count(side.rows.length)
      for (const { rowtime, values } of side.rows) {
        writer.number(rowtime)
        writeHeld(writer, values)
        if (writer.sliceFull) yield
      }
    }
  }

  restore(reader: StateReader): void {
    const width = this.#options.schema.columns.length
    for (const side of this.inputs) {
      side.ended = reader.count() === 1
      for (let left = reader.count(); left > 0; left--) side.add(reader.number(), readHeld(reader, width))
    }
  }

  #took(values: readonly Value[]): void {
    this.#bytes += heldBytes(values)
    const { maxBytes } = this.#options.limits
    if (this.#bytes > maxBytes) throw stateLimitError(this.name, 'maxBytes', maxBytes)
  }

  #finish(): void {
    const [left, right] = this.inputs
    if (!left.ended || !right.ended) return
    const { operator, output, schema } = this.#options
    const numbers = new KeyNumbers(schema.columns.map(({ type }) => type))
    const onRight = new Set(operator === 'UNION' ? [] : right.rows.map(({ values }) => numbers.numberOf(values)))
    const emitted = new Set<number>()
    const builder = new RowBuilder(schema)
    let rowtime = -Infinity
    for (const row of operator === 'UNION' ? [...left.rows, ...right.rows] : left.rows) {
      const number = numbers.numberOf(row.values)
      if (emitted.has(number) || (operator !== 'UNION' && onRight.has(number) !== (operator === 'INTERSECT'))) continue
      emitted.add(number)
      rowtime = Math.max(rowtime, row.rowtime)
      builder.add(rowtime, row.values)
      if (builder.full) flush(builder, output)
    }
    flush(builder, output)
    for (const side of this.inputs) side.rows.length = 0
    this.#bytes = 0
    output.advance(Infinity)
  }
}

function flush(builder: RowBuilder, output: Input): void {
  if (builder.length === 0) return
  const rows = builder.take()
  output.push(rows, everyRow(rows.length))
}
