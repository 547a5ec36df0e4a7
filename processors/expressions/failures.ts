/** Row errors inside one evaluation. The first error of a row wins; the operator that owns the evaluation reports them. */
import type { RowErrorName } from '../../core/error-output.ts'
import type { TextSpan } from '../../core/errors.ts'
import type { Selection } from './selection.ts'

/** Why a row has no value: returned by scalar functions in place of a value. */
export class RowFailure {
  readonly name: RowErrorName
  /** what happened, with values; the SQL place comes in front when the row is marked */
  readonly message: string

  constructor(name: RowErrorName, message: string) {
    this.name = name
    this.message = message
  }
}

export class RowFailures {
  readonly #byRow = new Map<number, RowFailure>()

  get size(): number {
    return this.#byRow.size
  }

  /** Marks a row, unless an earlier error holds it. */
  add(row: number, failure: RowFailure, place: TextSpan): void {
    if (this.#byRow.has(row)) return
    this.#byRow.set(row, new RowFailure(failure.name, `${place.line}:${place.column} ${failure.message}`))
  }

  /** Marks a row with a failure that has its place in front already, unless an earlier error holds it. */
  addPlaced(row: number, failure: RowFailure): void {
    if (!this.#byRow.has(row)) this.#byRow.set(row, failure)
  }

  get(row: number): RowFailure | undefined {
    return this.#byRow.get(row)
  }

  /** Forgets every mark, before an evaluation is repeated. */
  clear(): void {
    this.#byRow.clear()
  }

  /** Failed rows of a selection, in its order. */
  *among(selection: Selection): Generator<readonly [row: number, failure: RowFailure]> {
    if (this.#byRow.size === 0) return
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const failure = this.#byRow.get(row)
      if (failure !== undefined) yield [row, failure]
    }
  }

  /** The rows of a selection that did not fail. */
  without(selection: Selection): Selection {
    if (this.#byRow.size === 0) return selection
    const rows = new Int32Array(selection.length)
    let length = 0
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      if (!this.#byRow.has(row)) rows[length++] = row
    }
    return { rows, length }
  }
}

const TEXT_SHOWN_MAX = 64

/** A value as error messages show it, cut to a length that does not flood a log. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : value instanceof Uint8Array ? 'binary' : String(value)
  return text.length <= TEXT_SHOWN_MAX ? text : `${text.slice(0, TEXT_SHOWN_MAX - 4)}...'`
}
