/**
 * Reference tables and the finite queries over them: what a program joins with and asks without waiting. The host brings the
 * rows and may replace them between two batches; whatever depends on a table is then computed again.
 */
import { MillraceError } from '../core/errors.ts'
import { type RowBatch, typedValueAt, type Value } from '../core/rows.ts'
import { type SqlType, sameSqlType } from '../core/sql-type.ts'
import type { SubqueryRows } from './expressions/kernel.ts'
import { everyRow, type Selection } from './expressions/selection.ts'
import type { Input } from './operators/operator.ts'
import { retainedBytes, retainRows } from './operators/row-store.ts'
import type { TablePlan } from './sql/plan-node.ts'

/** Takes the rows of a finite query. */
export class Collector implements Input {
  #batches: RowBatch[] = []

  push(rows: RowBatch, selection: Selection): void {
    if (selection.length > 0) this.#batches.push(retainRows(rows, selection))
  }

  advance(): void {
    // The rows are all there is.
  }

  take(): readonly RowBatch[] {
    const batches = this.#batches
    this.#batches = []
    return batches
  }
}

export class ReferenceTables {
  readonly #plans: ReadonlyMap<string, TablePlan>
  readonly #bytesMax: number
  readonly #rows = new Map<string, readonly RowBatch[]>()
  /** what is computed from tables, in the order in which one may need another */
  readonly #dependents: (() => void)[] = []

  constructor(plans: readonly TablePlan[], bytesMax: number) {
    this.#plans = new Map(plans.map(plan => [plan.name, plan]))
    this.#bytesMax = bytesMax
  }

  rowsOf(name: string): readonly RowBatch[] {
    return this.#rows.get(name) ?? []
  }

  /** Runs `refresh` now, and again whenever a table is replaced; after those that were given earlier. */
  watch(refresh: () => void): void {
    this.#dependents.push(refresh)
    refresh()
  }

  /**
   * Gives a table its rows.
   * @throws MillraceError `invalid_argument` for an unknown table or other columns; `state_limit` when it is too large
   */
  replace(name: string, batches: readonly RowBatch[]): void {
    const plan = this.#plans.get(name)
    if (plan === undefined) {
      const known = [...this.#plans.keys()].map(each => `"${each}"`).join(', ')
      throw new MillraceError(
        'invalid_argument',
        `"${name}" is no reference table of this program; ${known === '' ? 'it has none' : `there are ${known}`}`,
      )
    }
    let bytes = 0
    const kept = batches.map(batch => {
      const { columns } = batch.schema
      const same =
        columns.length === plan.schema.columns.length &&
        columns.every(({ type }, index) => sameSqlType(type, plan.schema.columns[index]!.type))
      if (!same)
        throw new MillraceError('invalid_argument', `rows for reference table "${name}" have other columns than it has`)
      const retained = retainRows(batch, everyRow(batch.length))
      bytes += retainedBytes(retained, 1)
      return { ...retained, schema: plan.schema, rowtimes: new Float64Array(batch.length) }
    })
    if (bytes > this.#bytesMax)
      throw new MillraceError(
        'state_limit',
        `reference table "${name}" needs about ${bytes} bytes, over its limit maxBytes of ${this.#bytesMax}; leave out columns or rows, or raise the limit`,
      )
    this.#rows.set(name, kept)
    for (const refresh of this.#dependents) refresh()
  }
}

/** The answer of a subquery at present. */
export class SubqueryAnswer implements SubqueryRows {
  version = 0
  rows: readonly (readonly Value[])[] = []
  readonly types: readonly SqlType[]

  constructor(types: readonly SqlType[]) {
    this.types = types
  }

  set(batches: readonly RowBatch[]): void {
    this.version++
    this.rows = batches.flatMap(batch =>
      Array.from({ length: batch.length }, (_, row) =>
        batch.columns.map((column, index) => typedValueAt(column, this.types[index]!, row)),
      ),
    )
  }
}
