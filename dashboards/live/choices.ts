/** What viewers choose with the variables of a dashboard: which values there are, and which rows a choice keeps. */
import { type RowBatch, RowBuilder, typedValueAt, type Value } from '../../core/index.ts'
import { titleOf } from '../default-dashboard.ts'
import type { ResolvedVariable } from '../resolve-dashboard.ts'
import { VARIABLE_VALUES_MAX } from '../view-model.ts'
import { cutText, labelAt } from './columns.ts'
import type { VariableMessage } from './protocol.ts'

/** Values of a variable that are counted; later ones cannot be chosen from the list. */
const VALUES_TRACKED_MAX = 1_024

/** A value for each variable that a page restricts; variables that it leaves out take all rows. */
export type Choice = ReadonlyMap<string, string>

/** The same text for the same choice, whatever its order. */
export function choiceKey(choice: Choice): string {
  return JSON.stringify([...choice].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The values of one variable that were seen, by how many rows had them. */
export class VariableValues {
  readonly resolved: ResolvedVariable
  readonly #counts = new Map<string, number>()
  #listed: readonly string[]
  #isNew = false

  constructor(resolved: ResolvedVariable) {
    this.resolved = resolved
    this.#listed = (resolved.variable.values ?? []).map(value => cutText(value))
  }

  get name(): string {
    return this.resolved.variable.name
  }

  add(stream: string, batch: RowBatch): void {
    const index = this.resolved.columns.get(stream)
    if (index === undefined || this.resolved.variable.values !== undefined) return
    const column = batch.schema.columns[index]
    const vector = batch.columns[index]
    if (column === undefined || vector === undefined) return
    for (let row = 0; row < batch.length; row++) {
      const value = labelAt(vector, column.type, row)
      const count = this.#counts.get(value)
      if (count === undefined) {
        if (this.#counts.size >= VALUES_TRACKED_MAX) continue
        this.#isNew = true
      }
      this.#counts.set(value, (count ?? 0) + 1)
    }
  }

  /** Lists values anew when there are new ones. True when the list has changed. */
  refresh(): boolean {
    if (!this.#isNew) return false
    this.#isNew = false
    const before = this.#listed
    this.#listed = [...this.#counts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, VARIABLE_VALUES_MAX)
      .map(([value]) => value)
      .sort()
    return before.length !== this.#listed.length || before.some((value, index) => value !== this.#listed[index])
  }

  message(choice: Choice): VariableMessage {
    const { name, title, column } = this.resolved.variable
    return { name, title: cutText(title ?? titleOf(column)), values: this.#listed, chosen: choice.get(name) ?? null }
  }
}

/** The rows of a batch that a choice keeps, or the batch itself where nothing restricts its stream; null: no row. */
export function chosenRows(
  stream: string,
  batch: RowBatch,
  variables: readonly ResolvedVariable[],
  choice: Choice,
): RowBatch | null {
  const wanted: { readonly index: number; readonly value: string }[] = []
  for (const { variable, columns } of variables) {
    const value = choice.get(variable.name)
    const index = columns.get(stream)
    if (value !== undefined && index !== undefined) wanted.push({ index, value })
  }
  if (wanted.length === 0) return batch
  const builder = new RowBuilder(batch.schema)
  for (let row = 0; row < batch.length; row++) {
    const isChosen = wanted.every(({ index, value }) => {
      const column = batch.schema.columns[index]
      const vector = batch.columns[index]
      return column !== undefined && vector !== undefined && labelAt(vector, column.type, row) === value
    })
    if (isChosen) builder.add(batch.rowtimes[row] ?? 0, valuesOf(batch, row))
  }
  return builder.length === 0 ? null : builder.take()
}

/** The values of one row, which own what they hold; the host may use the arrays of a batch again. */
export function valuesOf(batch: RowBatch, row: number): Value[] {
  return batch.schema.columns.map((column, index) => {
    const vector = batch.columns[index]
    return vector === undefined ? null : typedValueAt(vector, column.type, row)
  })
}
