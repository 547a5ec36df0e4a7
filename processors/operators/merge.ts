/**
 * Several inputs to one, in rowtime order: a row leaves when the bound of every other input is above its rowtime, so
 * that the order never depends on where batches are cut. On ties the first input goes first.
 */
import { ownedRows } from '../../core/lent-arrays.ts'
import { RecordBatchBuilder } from '../../core/record.ts'
import { RowBuilder } from '../../core/row-builder.ts'
import { type RowBatch, typedValueAt } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { everyRow, type Selection, sliceSelection } from '../expressions/selection.ts'
import { gatherRows } from './gather.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface MergeOptions {
  readonly name: string
  /** schema of the rows, whatever names the inputs have for their columns */
  readonly schema: Schema
  readonly inputs: number
  readonly output: Input
  readonly limits: StateLimits
}

interface Held {
  rows: RowBatch
  readonly selection: Selection
  /** first row of the selection that is still here */
  next: number
}

class MergeInput implements Input {
  readonly held: Held[] = []
  bound = -Infinity
  readonly #released: () => void
  readonly #took: (rows: number) => void

  constructor(took: (rows: number) => void, released: () => void) {
    this.#took = took
    this.#released = released
  }

  /** Rowtime of the first row that is held, or Infinity. */
  get head(): number {
    const first = this.held[0]
    return first === undefined ? Infinity : first.rows.rowtimes[first.selection.rows[first.next]!]!
  }

  push(rows: RowBatch, selection: Selection): void {
    if (selection.length === 0) return
    const held = { rows, selection, next: 0 }
    this.held.push(held)
    this.#took(selection.length)
    this.bound = Math.max(this.bound, rows.rowtimes[selection.rows[selection.length - 1]!]!)
    this.#released()
    // What has not left yet stays beyond this push.
    if (held.next < selection.length) held.rows = ownedRows(rows)
  }

  advance(bound: number): void {
    if (bound <= this.bound) return
    this.bound = bound
    this.#released()
  }
}

/** A run that is a small part of its batch leaves as a batch of its own, so that kernels do not allocate for the rest. */
const SPARSE = 4
/** Bytes of one held value, by estimate. */
const VALUE_BYTES = 16

export class Merge implements Operator {
  readonly name: string
  readonly inputs: readonly MergeInput[]
  readonly #schema: Schema
  readonly #output: Input
  readonly #limits: StateLimits
  #heldRows = 0
  #told = -Infinity

  constructor(options: MergeOptions) {
    this.name = options.name
    this.#schema = options.schema
    this.#output = options.output
    this.#limits = options.limits
    const took = (rows: number): void => {
      this.#heldRows += rows
    }
    this.inputs = Array.from({ length: options.inputs }, () => new MergeInput(took, () => this.#release()))
  }

  get stateBytes(): number {
    return this.#heldRows * VALUE_BYTES * (this.#schema.columns.length + 1)
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.number(this.#told)
    for (const input of this.inputs) {
      writer.number(input.bound)
      let length = 0
      for (const { selection, next } of input.held) length += selection.length - next
      writer.count(length)
      for (const held of input.held) {
        for (let i = held.next; i < held.selection.length; i++) {
          writeRow(writer, held.rows, held.selection.rows[i]!)
          if (writer.sliceFull) yield
        }
      }
    }
  }

  restore(reader: StateReader): void {
    this.#told = reader.number()
    for (const input of this.inputs) {
      input.bound = reader.number()
      for (let left = reader.count(); left > 0; ) {
        const rows = readRows(reader, this.#schema, left)
        input.held.push({ rows, selection: everyRow(rows.length), next: 0 })
        this.#heldRows += rows.length
        left -= rows.length
      }
    }
  }

  #release(): void {
    for (;;) {
      const index = this.#first()
      if (index < 0) break
      const limit = this.#limitFor(index)
      const input = this.inputs[index]!
      const held = input.held[0]!
      const { rows, selection } = held
      let end = held.next
      while (end < selection.length) {
        const rowtime = rows.rowtimes[selection.rows[end]!]!
        if (rowtime >= limit.below || rowtime > limit.upTo) break
        end++
      }
      if (end === held.next) break
      const run = sliceSelection(selection, held.next, end)
      this.#heldRows -= run.length
      held.next = end
      if (end === selection.length) input.held.shift()
      this.#emit(rows, run)
    }
    const allowed = this.#limits.maxBytes
    if (this.stateBytes > allowed) throw stateLimitError(this.name, 'maxBytes', allowed)
    const bound = this.inputs.reduce((least, input) => Math.min(least, input.bound), Infinity)
    if (bound > this.#told) {
      this.#told = bound
      this.#output.advance(bound)
    }
  }

  /** The input whose first row comes next: the smallest rowtime, the first input on ties. */
  #first(): number {
    let first = -1
    let head = Infinity
    this.inputs.forEach((input, index) => {
      if (input.held.length > 0 && (first < 0 || input.head < head)) {
        first = index
        head = input.head
      }
    })
    return first
  }

  /** How far a run of one input may go: below the bounds of the others and up to their first rows. */
  #limitFor(index: number): { below: number; upTo: number } {
    let below = Infinity
    let upTo = Infinity
    this.inputs.forEach((input, other) => {
      if (other === index) return
      below = Math.min(below, input.bound)
      if (other < index) below = Math.min(below, input.head)
      else upTo = Math.min(upTo, input.head)
    })
    return { below, upTo }
  }

  #emit(rows: RowBatch, run: Selection): void {
    const named = rows.schema === this.#schema ? rows : { ...rows, schema: this.#schema }
    if (run.length * SPARSE >= rows.length) this.#output.push(named, run)
    else {
      const gathered = gatherRows(named, run)
      this.#output.push(gathered, everyRow(gathered.length))
    }
  }
}

function writeRow(writer: StateWriter, rows: RowBatch, row: number): void {
  writer.number(rows.rowtimes[row]!)
  rows.columns.forEach((column, index) => {
    writer.value(typedValueAt(column, rows.schema.columns[index]!.type, row))
  })
  const { origin } = rows
  writer.count(origin === null ? 0 : 1)
  if (origin === null) return
  const record = origin.records[row]!
  writer.text(origin.batch.shardId(record))
  writer.text(origin.batch.sequenceNumber(record))
  writer.text(origin.batch.partitionKey(record))
  writer.number(origin.batch.subsequenceNumber(record))
  writer.number(origin.batch.arrivedAt[record]!)
}

const NO_BYTES = new Uint8Array(0)

/** At least one row and at most a batch of them. One input has either records for all its rows or for none. */
function readRows(reader: StateReader, schema: Schema, left: number): RowBatch {
  const builder = new RowBuilder(schema)
  const records = new RecordBatchBuilder()
  let origin = false
  for (; builder.length < left && !builder.full; ) {
    const rowtime = reader.number()
    const values = schema.columns.map(() => reader.value())
    origin = reader.count() === 1
    if (!origin) {
      builder.add(rowtime, values)
      continue
    }
    builder.add(rowtime, values, records.length)
    records.add({
      data: NO_BYTES,
      shardId: reader.text(),
      sequenceNumber: reader.text(),
      partitionKey: reader.text(),
      subsequenceNumber: reader.number(),
      arrivedAt: reader.number(),
      rowtime,
    })
  }
  return builder.take(origin ? records.take() : null)
}
