/** A compiled program at work: rows in, results out, all of it synchronous. `compileProgram` makes one. */
import { assert } from '../core/assert.ts'
import type { ErrorOutput, ErrorRow } from '../core/error-output.ts'
import { MillraceError } from '../core/errors.ts'
import type { RowBatch } from '../core/rows.ts'
import { timestampText } from './expressions/datetime-text.ts'
import { everyRow, type Selection } from './expressions/selection.ts'
import type { ReferenceTables } from './finite.ts'
import type { Input, Operator } from './operators/operator.ts'
import type { StreamRows } from './operators/output.ts'
import { PumpErrors } from './operators/row-errors.ts'
import type { StateReader } from './operators/state-reader.ts'
import type { StateWriter } from './operators/state-writer.ts'
import type { Values } from './operators/values.ts'

export interface Program {
  /**
   * Takes decoded rows of an input stream, in rowtime order. A row below an earlier row or bound goes to the error output.
   * @throws MillraceError `state_limit` when an operator would hold more than its limits; the program is then of no use
   */
  push(stream: string, rows: RowBatch): void
  /** No later row of any input has a smaller rowtime. Infinity ends the input: everything that waits leaves. */
  advance(bound: number): void
  /** Does a bounded slice of pending work. True: there are results to take, or there is more to do. */
  work(): boolean
  /**
   * Gives a reference table other rows, for the rows of streams that come after; call when `work` has said false.
   * @throws MillraceError `invalid_argument` for an unknown table or other columns; `state_limit` when it is too large
   */
  replaceTable(name: string, rows: readonly RowBatch[]): void
  /** Rows of the output streams since the last call, in order within each stream. Errors are in the error output. */
  takeResults(): readonly StreamRows[]
  /** Writes the state of every operator; call when `work` has said false. */
  snapshot(writer: StateWriter): Generator<void>
  /**
   * Reads a snapshot of the same program, before the first row.
   * @throws MillraceError `unreadable_input` when it is of another program or damaged
   */
  restore(reader: StateReader): void
}

/** Error rows of one push, with the number of the operator that reported each. */
export interface PendingErrors {
  readonly rows: { readonly row: ErrorRow; readonly operator: number }[]
}

/** First word of a snapshot; changes with the format. */
const SNAPSHOT_FORMAT = 'millrace program state 1'

export class CompiledProgram implements Program {
  readonly #inputs: ReadonlyMap<string, Input>
  readonly #operators: readonly Operator[]
  /** those with work, upstream first, so that nothing is pending when the last one has none */
  readonly #workOrder: readonly Pick<Operator, 'work'>[]
  readonly #starts: readonly Values[]
  readonly #startedAt: number
  readonly #results: StreamRows[]
  readonly #errors: ErrorOutput
  readonly #pending: PendingErrors
  readonly #tables: ReferenceTables
  readonly #inputErrors: PumpErrors
  /** the greatest rowtime or bound seen, by input stream */
  readonly #clocks = new Map<string, number>()

  constructor(options: {
    inputs: ReadonlyMap<string, Input>
    operators: readonly Operator[]
    workOrder: readonly Pick<Operator, 'work'>[]
    starts: readonly Values[]
    startedAt: number
    results: StreamRows[]
    errors: ErrorOutput
    pending: PendingErrors
    tables: ReferenceTables
  }) {
    this.#inputs = options.inputs
    this.#operators = options.operators
    this.#workOrder = options.workOrder
    this.#starts = options.starts
    this.#startedAt = options.startedAt
    this.#results = options.results
    this.#errors = options.errors
    this.#pending = options.pending
    this.#tables = options.tables
    this.#inputErrors = new PumpErrors(row => this.#pending.rows.push({ row, operator: -1 }), null)
  }

  push(stream: string, rows: RowBatch): void {
    const input = this.#inputs.get(stream)
    if (input === undefined)
      throw new MillraceError('invalid_argument', `stream "${stream}" is no input of this program`)
    const selection = this.#inOrder(stream, rows)
    if (selection.length > 0) {
      this.#start(rows.rowtimes[selection.rows[0]!]!)
      input.push(rows, selection)
    }
    this.#releaseErrors()
  }

  advance(bound: number): void {
    // Time begins with the first row or bound; without either, at the start of the program.
    if (bound > -Infinity) this.#start(bound === Infinity ? this.#startedAt : bound)
    // The end comes after the last row's time, whether or not somebody said so: idle times up to then have passed.
    if (bound === Infinity) {
      const last = Math.max(...this.#clocks.values())
      if (Number.isFinite(last)) this.#reach(last)
    }
    this.#reach(bound)
    this.#releaseErrors()
  }

  work(): boolean {
    let more = false
    for (const operator of this.#workOrder) if (operator.work()) more = true
    this.#releaseErrors()
    return more || this.#results.length > 0
  }

  replaceTable(name: string, rows: readonly RowBatch[]): void {
    this.#tables.replace(name, rows)
    this.#releaseErrors()
  }

  takeResults(): readonly StreamRows[] {
    return this.#results.splice(0)
  }

  *snapshot(writer: StateWriter): Generator<void> {
    assert(this.#results.length === 0, 'results are taken before a snapshot')
    writer.text(SNAPSHOT_FORMAT)
    writer.count(this.#clocks.size)
    for (const [stream, clock] of this.#clocks) {
      writer.text(stream)
      writer.number(clock)
    }
    writer.count(this.#operators.length)
    for (const operator of this.#operators) {
      writer.text(operator.name)
      yield* operator.snapshot(writer)
    }
  }

  restore(reader: StateReader): void {
    if (reader.text() !== SNAPSHOT_FORMAT)
      throw new MillraceError(
        'unreadable_input',
        'snapshot is of another format; start without it or with the version that wrote it',
      )
    for (let left = reader.count(); left > 0; left--) {
      const stream = reader.text()
      this.#clocks.set(stream, reader.number())
    }
    const count = reader.count()
    if (count !== this.#operators.length) throw otherProgram(`it has ${count} operators, not ${this.#operators.length}`)
    for (const operator of this.#operators) {
      const name = reader.text()
      if (name !== operator.name) throw otherProgram(`it has ${name} in place of ${operator.name}`)
      operator.restore(reader)
    }
    if (!reader.ended) throw otherProgram('it holds more than this program reads')
  }

  /** What stands in the text of the program leaves before the first row, once. */
  #start(rowtime: number): void {
    for (const values of this.#starts) values.start(rowtime)
  }

  #reach(bound: number): void {
    for (const stream of this.#inputs.keys()) {
      if (bound > (this.#clocks.get(stream) ?? -Infinity)) this.#clocks.set(stream, bound)
    }
    for (const input of this.#inputs.values()) input.advance(bound)
  }

  /** Every row that is not below an earlier row or bound; the others are reported. */
  #inOrder(stream: string, rows: RowBatch): Selection {
    let clock = this.#clocks.get(stream) ?? -Infinity
    const all = everyRow(rows.length)
    let kept: Int32Array | null = null
    let length = 0
    for (let row = 0; row < rows.length; row++) {
      const rowtime = rows.rowtimes[row]!
      if (rowtime >= clock) {
        clock = rowtime
        if (kept !== null) kept[length++] = row
        continue
      }
      if (kept === null) {
        kept = all.rows.slice(0, rows.length)
        length = row
      }
      const message = `late row: its ROWTIME ${timestampText(rowtime, true)} is below ${timestampText(clock, true)}, which stream "${stream}" has reached`
      this.#inputErrors.report(rows, row, 'LATE_ROW', message)
    }
    this.#clocks.set(stream, clock)
    return kept === null ? all : { rows: kept, length }
  }

  /** In rowtime order, then program order, so that the size of batches shows as little as possible. */
  #releaseErrors(): void {
    const { rows } = this.#pending
    if (rows.length === 0) return
    const ordered = rows.splice(0).sort((a, b) => a.row.rowtime - b.row.rowtime || a.operator - b.operator)
    for (const { row } of ordered) this.#errors.add(row)
  }
}

function otherProgram(why: string): MillraceError {
  return new MillraceError('unreadable_input', `snapshot is of another program: ${why}`)
}
